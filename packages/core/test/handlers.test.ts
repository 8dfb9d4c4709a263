import { describe, expect, it, vi } from 'vitest';
import { createServer, type ConnectionInfo, type Disconnection } from '../src/index.js';
import { closed, deferred, dial, readAll, serve } from './sockets.js';

describe('withOptions', () => {
  it('adds handlers up and runs them in order', async () => {
    const order: string[] = [];
    const server = createServer()
      .withOptions({ host: '127.0.0.1', tcp: { onConnection: (socket) => [order.push('first'), socket.write('1')] } })
      .withOptions({ tcp: { onConnection: (socket) => [order.push('second'), socket.end('2')] } });
    const { port } = await server.listen(0);
    expect((await readAll(await dial(port))).toString()).toBe('12');
    expect(order).toEqual(['first', 'second']);
    await server.close();
  });

  it('lets the last setting win, key by key, and leaves the objects alone', async () => {
    const first = Object.freeze({ tcp: Object.freeze({ maxConnections: 7, timeout: 1000 }) });
    const second = Object.freeze({ tcp: Object.freeze({ maxConnections: 3, timeout: undefined }) });
    const server = createServer().withOptions(first).withOptions(second);
    expect(server.stats().maxConnections).toBe(3);
  });

  it('takes effect on a server that listens', async () => {
    const { server, port } = await serve({ maxConnections: 0 });
    await closed((await dial(port)).resume());
    server.withOptions({ tcp: { maxConnections: 1, onConnection: (socket) => socket.end('in') } });
    expect((await readAll(await dial(port))).toString()).toBe('in');
    await server.close();
  });

  it.each([
    ['maxConnections', -1, 'an integer from 0 to 2147483647, or Infinity'],
    ['timeout', 1.5, 'an integer from 0 to 2147483647, or Infinity'],
    ['writeStallTimeout', '1' as never, 'an integer from 0 to 2147483647, or Infinity'],
    ['backlog', 0, 'an integer from 1 to 65535'],
    ['readableHighWaterMark', 0, 'an integer from 1 to 2147483647'],
    ['writableHighWaterMark', Infinity, 'an integer from 1 to 2147483647'],
    ['keepAliveInitialDelay', 999, 'an integer from 1000 to 2147483647'],
  ])('throws for %s: %s and sets nothing', (name, value, range) => {
    const server = createServer();
    expect(() => server.withOptions({ tcp: { maxConnections: 5, [name]: value } })).toThrowError(
      new RangeError(`${name} must be ${range}, got ${name === 'writeStallTimeout' ? '"1"' : value}`),
    );
    expect(server.stats().maxConnections).toBe(10_000);
  });

  it('throws for what is no boolean, no function, no string', () => {
    expect(() => createServer().withOptions({ tcp: { noDelay: 1 as never } })).toThrowError('noDelay must be a boolean, got 1');
    expect(() => createServer().withOptions({ tcp: { onConnection: 'x' as never } })).toThrowError('onConnection must be a function');
    expect(() => createServer().withOptions({ host: 1 as never })).toThrowError('host must be a string that is not empty, got 1');
    expect(() => createServer().withOptions({ port: -1 })).toThrowError('port must be an integer from 0 to 65535, got -1');
  });
});

describe('info', () => {
  it('tells both addresses, with IPv4 as IPv4 on a server of both families', async () => {
    const seen = deferred<ConnectionInfo>();
    const server = createServer().withOptions({ host: '::', tcp: { onConnection: (_, info) => seen.resolve(info) } });
    const { port } = await server.listen(0);
    const client = await dial(port);
    expect(await seen.promise).toEqual({
      id: 1,
      remoteAddress: '127.0.0.1',
      remotePort: client.localPort,
      localAddress: '127.0.0.1',
      localPort: port,
    });
    client.destroy();
    await server.close();
  });
});

/** Ways in which a handler fails, each of which must end its own connection and nothing else. */
const failures: [string, (boom: Error) => unknown][] = [
  ['throws', (boom) => { throw boom; }],
  ['rejects', (boom) => Promise.reject(boom)],
  ['rejects later', async (boom) => { await new Promise(setImmediate); throw boom; }],
];

it('runs every onDisconnect, though one before it throws', async () => {
  const told = deferred<Disconnection>();
  const { server, port } = await serve({ onDisconnect: () => { throw new Error('boom'); }, onError: () => undefined });
  server.withOptions({ tcp: { onDisconnect: (_, end) => told.resolve(end) } });
  (await dial(port)).destroy();
  expect(await told.promise).toMatchObject({ reason: undefined });
  await server.close();
});

it('does not run the next onConnection where one throws', async () => {
  const { server, port } = await serve({ onConnection: () => { throw new Error('boom'); }, onError: () => undefined });
  server.withOptions({ tcp: { onConnection: () => expect.unreachable() } });
  await closed((await dial(port)).resume());
  await server.close();
});

it.each([Object.create(null), { toString: () => { throw new Error('bang'); } }, undefined])('lives where something without a text is thrown', async (thrown) => {
  const told: Error[] = [];
  const throwIt = (): never => { throw thrown; };
  const { server, port } = await serve({
    accept: () => (told.length === 0 ? throwIt() : true),
    onConnection: (socket) => (told.length === 1 ? throwIt() : socket.on('data', throwIt)),
    onError: (error) => told.push(error),
  });
  for (let n = 0; n < 3; n++) {
    const client = await dial(port);
    client.write('x');
    await closed(client.resume());
  }
  await server.close();
  expect(told).toHaveLength(3);
  for (const error of told) expect(error).toMatchObject({ code: 'ERR_TCP_HANDLER_FAILED', cause: thrown });
});

describe.each(failures)('a handler that %s', (_, fail) => {
  it('ends its own connection, reaches onError, and serves the next', async () => {
    const boom = new Error('boom');
    const errors: Error[] = [];
    const ends: Disconnection[] = [];
    let calls = 0;
    const { server, port } = await serve({
      onConnection: (socket) => (++calls === 1 ? fail(boom) : socket.end('fine')),
      onDisconnect: (__, end) => ends.push(end),
      onError: (error) => errors.push(error),
    });
    const first = await dial(port);
    await closed(first.resume());
    expect((await readAll(await dial(port))).toString()).toBe('fine');
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_TCP_HANDLER_FAILED', cause: boom })]);
    expect(ends[0]?.reason).toBe(errors[0]);
    await server.close();
  });

  it.each(['data', 'end', 'close', 'error'] as const)('in a %s listener ends its own connection alone', async (event) => {
    const boom = new Error('boom');
    const told = deferred<Error>();
    let calls = 0;
    const { server, port } = await serve({
      onConnection: (socket) => {
        if (++calls === 2) return void socket.end('fine');
        socket.on(event, () => fail(boom));
        if (event !== 'data') socket.resume();
      },
      onError: told.resolve,
    });
    const first = await dial(port);
    first.resume();
    if (event === 'error') first.resetAndDestroy();
    else first.end('x');
    expect(await told.promise).toMatchObject({ code: 'ERR_TCP_HANDLER_FAILED', cause: boom });
    await closed(first);
    expect((await readAll(await dial(port))).toString()).toBe('fine');
    await server.close();
  });

  it.each(['onDisconnect', 'onRefuse', 'onListening', 'onClose'] as const)('as %s reaches onError alone', async (name) => {
    const boom = new Error('boom');
    const told = deferred<Error>();
    const { server, port } = await serve({ maxConnections: name === 'onRefuse' ? 0 : 1, onError: told.resolve, [name]: () => fail(boom) });
    if (name !== 'onListening' && name !== 'onClose') (await dial(port)).end();
    if (name === 'onClose') await server.close();
    expect(await told.promise).toMatchObject({ code: 'ERR_TCP_HANDLER_FAILED', cause: boom, message: `${name} failed: boom` });
    await server.shutdown({ gracePeriod: 0 });
  });
});

it('prints a warning where nobody listens to onError, or it fails itself', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const { server, port } = await serve({ onConnection: () => { throw new Error('boom'); } });
  await closed((await dial(port)).resume());
  expect(warned).toHaveBeenCalledWith('onConnection failed: boom', expect.objectContaining({ code: 'ERR_TCP_HANDLER_FAILED' }));
  server.withOptions({ tcp: { onError: () => { throw new Error('bang'); } } });
  await closed((await dial(port)).resume());
  expect(warned).toHaveBeenLastCalledWith('onError failed: bang', expect.anything());
  warned.mockRestore();
  await server.close();
});
