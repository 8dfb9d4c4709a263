// Whose fault the end of a connection is: the peer's, or the application's.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, it } from 'vitest';
import type { Disconnection } from '../src/index.js';
import { closed, deferred, dial, serve } from './sockets.js';

/** Serves one client, which `leave` ends once its first bytes came, and gives what the handlers were told. */
async function told(onConnection: (socket: Socket) => unknown, leave: (client: Socket) => unknown) {
  const errors: Error[] = [];
  const end = deferred<Disconnection>();
  const came = deferred();
  const { server, port } = await serve({
    onConnection: (socket) => (socket.once('data', () => came.resolve()), onConnection(socket)),
    onDisconnect: (_, disconnection) => end.resolve(disconnection),
    onError: (error) => errors.push(error),
  });
  const client = await dial(port);
  client.write('hello');
  await came.promise;
  leave(client);
  await closed(client.resume());
  const { reason } = await end.promise;
  await server.close();
  return { errors, reason };
}

const readers: [string, (socket: Socket) => unknown][] = [
  ['for await', async (socket) => { for await (const chunk of socket) void chunk; }],
  ['once', async (socket) => { socket.resume(); await once(socket, 'end'); }],
  ['pipeline', (socket) => pipeline(socket, new PassThrough(), socket)],
  ['an async listener', (socket) => void socket.on('data', (): unknown => once(socket, 'end'))],
];

it.each(readers)('a reset that %s is thrown is the end of the connection, and no fault of the handler', async (_, read) => {
  const { errors, reason } = await told(read, (client) => client.resetAndDestroy());
  expect(reason).toMatchObject({ code: 'ECONNRESET' });
  expect(errors).toEqual([]);
});

it('a shutdown in the middle of a for await is no fault of the handler', async () => {
  const errors: Error[] = [];
  const { server, port } = await serve({
    onConnection: async (socket) => { for await (const chunk of socket) void chunk; },
    onError: (error) => errors.push(error),
  });
  const client = await dial(port);
  await server.shutdown({ gracePeriod: 0 });
  await closed(client.resume());
  expect(errors).toEqual([]);
});

it('an error of the application stays its own, though pipeline ended the socket with it', async () => {
  const boom = new Error('boom');
  const failing = (): PassThrough => new PassThrough({ transform: (_, __, done) => done(boom) });
  const { errors } = await told((socket) => pipeline(socket, failing(), socket), () => undefined);
  expect(errors).toEqual([expect.objectContaining({ code: 'ERR_TCP_HANDLER_FAILED', cause: boom })]);
});

it('a throw out of a for await is the reason that onDisconnect gets', async () => {
  const boom = new Error('parse');
  const { errors, reason } = await told(async (socket) => { for await (const chunk of socket) { void chunk; throw boom; } }, () => undefined);
  expect(reason).toMatchObject({ code: 'ERR_TCP_HANDLER_FAILED', cause: boom });
  expect(errors).toEqual([reason]);
});

it('where an error listener throws, the reason is the error before it', async () => {
  const boom = new Error('boom');
  const { errors, reason } = await told(
    (socket) => socket.resume().on('error', () => { throw boom; }),
    (client) => client.resetAndDestroy(),
  );
  expect(reason).toMatchObject({ code: 'ECONNRESET' });
  expect(errors).toEqual([expect.objectContaining({ code: 'ERR_TCP_HANDLER_FAILED', cause: boom })]);
});
