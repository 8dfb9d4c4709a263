// The proxy over real sockets: what passes, what is counted, and what can be changed while it runs.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createTCPServer, faultProxy, type Fault } from '../src/index.js';

const KIB = 1024;

/** A server that sends back what it gets, behind a proxy. */
async function echoBehindProxy(faults: Fault[] = [], seed = 0) {
  const server = createTCPServer({
    allowHalfOpen: true,
    onConnection: (socket) => {
      socket.pipe(socket);
    },
  });
  const proxy = await faultProxy({ upstream: server.address(), faults, seed });
  const dispose = async (): Promise<void> => {
    await proxy.close();
    await server.close();
  };
  return { server, proxy, [Symbol.asyncDispose]: dispose };
}

/** Everything until the end, and what ended it. */
async function readAll(socket: Socket): Promise<{ bytes: Buffer; end: string }> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = await new Promise<string>((resolve) => {
    socket.once('end', () => resolve('end'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });
  return { bytes: Buffer.concat(chunks), end };
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

test('bytes and half-close pass through, whole and counted', async () => {
  await using echo = await echoBehindProxy();
  const { proxy } = echo;
  const sent = Buffer.alloc(3 * KIB * KIB, 'some bytes, ');
  const client = connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true });
  client.end(sent);
  const { bytes, end } = await readAll(client);
  expect([bytes.equals(sent), end]).toEqual([true, 'end']);
  await closed(client);
  expect([proxy.connections, proxy.bytesUp, proxy.bytesDown]).toEqual([1, sent.length, sent.length]);
});

test('bytes pass whole through a slicer and jitter', async () => {
  await using echo = await echoBehindProxy([
    { type: 'slicer', averageBytes: 500, variationBytes: 400 },
    { type: 'latency', delay: 3, jitter: 3 },
  ]);
  const sent = Buffer.from(Array.from({ length: 200 * KIB }, (_, index) => index % 251));
  const client = connect(echo.proxy.port, echo.proxy.host);
  client.end(sent);
  expect((await readAll(client)).bytes.equals(sent)).toBe(true);
});

test('a client that does not read is felt by the server, through the proxy', async () => {
  const MANY_BYTES = 64 * KIB * KIB;
  await using server = createTCPServer({ onConnection: (socket) => void socket.end(Buffer.alloc(MANY_BYTES)) });
  await using proxy = await faultProxy({ upstream: server.address() });
  const client = connect(proxy.port, proxy.host);
  client.pause();
  await once(client, 'connect');
  // Until nothing moves any more: the buffers of two kernels and of the proxy are full.
  for (let before = -1; before !== proxy.bytesDown || before === 0; ) {
    before = proxy.bytesDown;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(proxy.bytesDown).toBeLessThan(MANY_BYTES / 2);
  const all = readAll(client);
  client.resume();
  expect((await all).bytes.length).toBe(MANY_BYTES);
});

test.each(['client', 'server'] as const)('a reset of the %s is a reset to the other', async (who) => {
  await using server = createTCPServer();
  await using proxy = await faultProxy({ upstream: server.address() });
  const client = connect(proxy.port, proxy.host);
  client.write('x');
  while (server.connections.size === 0 || [...server.connections][0]!.bytesRead === 0) await new Promise(setImmediate);
  const [accepted] = [...server.connections] as [Socket];
  const [first, second] = who === 'client' ? [client, accepted] : [accepted, client];
  const seen = readAll(second);
  first.resetAndDestroy();
  expect((await seen).end).toBe('ECONNRESET');
});

test('faults come and go while connections are open', async () => {
  await using echo = await echoBehindProxy();
  const { proxy } = echo;
  const client = connect(proxy.port, proxy.host);
  const ask = async (): Promise<number> => {
    const start = performance.now();
    client.write('ping');
    await once(client, 'data');
    return performance.now() - start;
  };
  await ask();
  const slow = proxy.faults.add({ type: 'latency', delay: 100 });
  // There and back.
  expect(await ask()).toBeGreaterThan(195);
  slow.remove();
  const fast = Math.min(await ask(), await ask(), await ask());
  expect(fast).toBeLessThan(100);
  proxy.faults.add({ type: 'limitBytes', bytes: 2, direction: 'down' });
  client.write('ping');
  expect((await readAll(client)).bytes.toString()).toBe('pi');
});

test('cut resets every connection, and new ones are served', async () => {
  await using echo = await echoBehindProxy();
  const { proxy } = echo;
  const clients = Array.from({ length: 5 }, () => connect(proxy.port, proxy.host));
  for (const client of clients) client.write('x');
  await Promise.all(clients.map((client) => once(client, 'data')));
  expect(proxy.openConnections).toBe(5);
  const ends = clients.map(readAll);
  proxy.cut();
  for (const { end } of await Promise.all(ends)) expect(end).toBe('ECONNRESET');
  const next = connect(proxy.port, proxy.host);
  next.end('again');
  expect((await readAll(next)).bytes.toString()).toBe('again');
  expect(proxy.connections).toBe(6);
});

test('a proxy that is down refuses, and comes back on the same port', async () => {
  await using echo = await echoBehindProxy();
  const { proxy } = echo;
  const { port } = proxy;
  const client = connect(port, proxy.host);
  client.write('x');
  await once(client, 'data');
  const end = readAll(client);
  await proxy.down();
  expect((await end).end).toBe('ECONNRESET');
  expect((await readAll(connect(port, proxy.host))).end).toBe('ECONNREFUSED');
  await proxy.up();
  await proxy.up();
  expect(proxy.port).toBe(port);
  const next = connect(port, proxy.host);
  next.end('again');
  expect((await readAll(next)).bytes.toString()).toBe('again');
});

test('a server that is not there is told to the client as a reset, and to the test', async () => {
  const gone = createTCPServer();
  const { port } = gone.address();
  await gone.close();
  await using proxy = await faultProxy({ upstream: { port } });
  const client = connect(proxy.port, proxy.host);
  expect((await readAll(client)).end).toBe('ECONNRESET');
  expect(proxy.upstreamErrors).toMatchObject([{ code: 'ECONNREFUSED' }]);
});

test('the n-th connection meets the same faults in every run with the same seed', async () => {
  const run = async (seed: number): Promise<boolean[]> => {
    await using echo = await echoBehindProxy([{ type: 'limitBytes', bytes: 1, probability: 0.5, direction: 'down' }], seed);
    const hits: boolean[] = [];
    for (let connection = 0; connection < 30; connection++) {
      const client = connect(echo.proxy.port, echo.proxy.host);
      client.end('whole');
      const { bytes } = await readAll(client);
      hits.push(bytes.length === 1);
      await closed(client);
    }
    return hits;
  };
  const first = await run(1);
  expect(await run(1)).toEqual(first);
  expect(await run(2)).not.toEqual(first);
  expect(new Set(first).size).toBe(2);
});

test('limitBytes with a reset gives a real client its bytes, and then the reset', async () => {
  await using echo = await echoBehindProxy([{ type: 'limitBytes', bytes: 1000, end: 'reset', direction: 'down' }]);
  const client = connect(echo.proxy.port, echo.proxy.host);
  client.write(Buffer.alloc(5000, 'x'));
  const { bytes, end } = await readAll(client);
  expect([bytes.length, end]).toEqual([1000, 'ECONNRESET']);
});

test.each([250_000, 500_000])('%i bytes a second are no more than that', async (bytesPerSecond) => {
  await using echo = await echoBehindProxy([{ type: 'bandwidth', bytesPerSecond, direction: 'up' }]);
  const client = connect(echo.proxy.port, echo.proxy.host);
  const start = performance.now();
  client.end(Buffer.alloc(100_000));
  expect((await readAll(client)).bytes.length).toBe(100_000);
  // Only the lower bound is the fault's: how much longer it takes is the machine's. Timers round to milliseconds.
  expect(performance.now() - start).toBeGreaterThan((100_000 / bytesPerSecond) * 1000 * 0.9);
});

test('close ends what is open, can be called twice, and is for good', async () => {
  await using echo = await echoBehindProxy([{ type: 'blackhole' }]);
  const { proxy } = echo;
  const client = connect(proxy.port, proxy.host);
  client.write('swallowed');
  while (proxy.openConnections === 0) await new Promise(setImmediate);
  const end = readAll(client);
  await Promise.all([proxy.close(), proxy.close()]);
  expect((await end).end).toBe('ECONNRESET');
  expect(proxy.openConnections).toBe(0);
  await expect(proxy.up()).rejects.toMatchObject({ code: 'ERR_TESTING_PROXY_CLOSED' });
});

test('options out of range are refused', async () => {
  await expect(faultProxy({ upstream: { port: 0 } })).rejects.toThrow('port must be an integer from 1 to 65535, got 0');
  await expect(faultProxy({ upstream: { port: 1 }, seed: -1 })).rejects.toThrow(RangeError);
  await expect(faultProxy({ upstream: { port: 1 }, faults: [{ type: 'bandwidth', bytesPerSecond: 0 }] })).rejects.toThrow(RangeError);
});
