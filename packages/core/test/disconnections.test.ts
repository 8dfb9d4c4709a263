import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ConnectionInfo, Disconnection, TCPServer } from '../src/index.js';
import { closed, dial, serve, until } from './sockets.js';

interface Way {
  name: string;
  options?: object;
  /** What the server's handler does with the connection. */
  serverDoes?: (socket: Socket) => unknown;
  clientDoes?: (client: Socket) => unknown;
  reason?: string;
  /** What reaches `onError`. */
  failures?: number;
  end?: (server: TCPServer) => unknown;
}

const boom = () => { throw new Error('boom'); };

const ways: Way[] = [
  { name: 'the peer ends', serverDoes: (socket) => socket.resume(), clientDoes: (client) => client.end() },
  { name: 'the peer resets', serverDoes: (socket) => socket.resume(), clientDoes: (client) => client.resetAndDestroy(), reason: 'ECONNRESET' },
  { name: 'we end', serverDoes: (socket) => socket.resume().end('bye') },
  { name: 'we destroy', serverDoes: (socket) => socket.destroy() },
  { name: 'we destroy with an error', serverDoes: (socket) => socket.destroy(Object.assign(new Error('mine'), { code: 'MINE' })), reason: 'MINE' },
  { name: 'the handler throws', serverDoes: boom, reason: 'ERR_TCP_HANDLER_FAILED', failures: 1 },
  { name: 'the handler rejects', serverDoes: async () => boom(), reason: 'ERR_TCP_HANDLER_FAILED', failures: 1 },
  { name: 'we reset', serverDoes: (socket) => socket.once('data', () => socket.resetAndDestroy()), clientDoes: (client) => client.write('x') },
  { name: 'we remove every listener and destroy', serverDoes: (socket) => socket.removeAllListeners().destroy() },
  {
    name: 'we remove every listener and the peer resets',
    serverDoes: (socket) => socket.removeAllListeners().resume(),
    clientDoes: (client) => client.resetAndDestroy(),
    reason: 'ECONNRESET',
  },
  { name: 'a close listener in front of all others throws', serverDoes: (socket) => socket.prependListener('close', boom).destroy(), failures: 1 },
  { name: 'it idles', options: { timeout: 40 }, reason: 'ERR_TCP_TIMEOUT' },
  {
    name: 'its output stalls',
    options: { writeStallTimeout: 40 },
    serverDoes: (socket) => socket.write(Buffer.alloc(16 * 1024 * 1024)),
    clientDoes: (client) => client.pause(),
    reason: 'ERR_TCP_WRITE_STALLED',
  },
  { name: 'a drain ends it', serverDoes: (socket) => socket.resume(), clientDoes: (client) => client.write('x'), end: (server) => server.shutdown({ gracePeriod: 2000 }) },
  { name: 'a drain forces it', clientDoes: (client) => client.pause(), reason: 'ERR_TCP_DRAIN_TIMEOUT', end: (server) => server.shutdown({ gracePeriod: 0 }) },
];

describe.each(ways)('when $name', ({ options, serverDoes, clientDoes, reason, failures = 0, end }) => {
  it('tells onDisconnect exactly once, with the reason and the counts, and gives the slot back', async () => {
    const opened: ConnectionInfo[] = [];
    const ends: { info: ConnectionInfo; end: Disconnection }[] = [];
    const errors: Error[] = [];
    const { server, port } = await serve({
      ...options,
      onConnection: (socket, info) => {
        opened.push(info);
        return serverDoes?.(socket);
      },
      onDisconnect: (info, told) => ends.push({ info, end: told }),
      onError: (error) => errors.push(error),
    });
    const client = await dial(port, { allowHalfOpen: false });
    if (clientDoes === undefined) client.resume();
    else clientDoes(client);
    await until(() => opened.length > 0);
    if (end) await end(server);
    else await until(() => ends.length > 0);
    client.resume();
    await closed(client);
    await server.close();
    expect(ends).toHaveLength(1);
    expect(ends[0]?.info).toBe(opened[0]);
    expect((ends[0]?.end.reason as NodeJS.ErrnoException)?.code).toBe(reason);
    expect(errors).toHaveLength(failures);
    expect(server.stats()).toMatchObject({ open: 0, accepted: 1, refused: 0 });
    expect(server.connections.size).toBe(0);
  });
});

it('counts bytes in both directions, of open connections too', async () => {
  const { server, port } = await serve({ onConnection: (socket) => socket.pipe(socket) });
  const client = await dial(port);
  client.write(Buffer.alloc(1000));
  let back = 0;
  while (back < 1000) back += ((await once(client, 'data')) as [Buffer])[0].length;
  expect(server.stats()).toMatchObject({ open: 1, bytesRead: 1000, bytesWritten: 1000 });
  expect(server.connections.size).toBe(1);
  client.end();
  await closed(client);
  await server.close();
  expect(server.stats()).toMatchObject({ open: 0, bytesRead: 1000, bytesWritten: 1000 });
});
