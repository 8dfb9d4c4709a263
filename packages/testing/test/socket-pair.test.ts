import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { createRandom } from '../src/random.js';
import { socketPair, type PairSocket } from '../src/index.js';

const KIB = 1024;

afterEach(() => {
  vi.useRealTimers();
});

/** What happens at a socket, in order; its bytes are not read. */
function eventsOf(socket: PairSocket): string[] {
  const events: string[] = [];
  socket.on('error', (error: NodeJS.ErrnoException) => events.push(`error ${error.code}`));
  for (const name of ['end', 'finish', 'drain', 'timeout']) socket.on(name, () => events.push(name));
  socket.on('close', (hadError: boolean) => events.push(`close ${hadError}`));
  return events;
}

function chunksOf(socket: PairSocket): string[] {
  const chunks: string[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return chunks;
}

async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

test('one write is one chunk', async () => {
  const [a, b] = socketPair();
  const chunks = chunksOf(b);
  a.write('one');
  a.write('two');
  await turns();
  a.write('three');
  await turns();
  expect(chunks).toEqual(['one', 'two', 'three']);
});

test('what is corked arrives as one chunk, as from one system call', async () => {
  const [a, b] = socketPair();
  const chunks = chunksOf(b);
  a.cork();
  a.write('header,');
  a.write('payload');
  a.uncork();
  await turns();
  expect(chunks).toEqual(['header,payload']);
});

test('a long write arrives in chunks of 64 KiB', async () => {
  const [a, b] = socketPair();
  const lengths: number[] = [];
  b.on('data', (chunk: Buffer) => lengths.push(chunk.length));
  a.end(Buffer.alloc(150 * KIB));
  await once(b, 'end');
  expect(lengths).toEqual([64 * KIB, 64 * KIB, 22 * KIB]);
});

test('nothing arrives in the turn in which it was written', async () => {
  const [a, b] = socketPair();
  const chunks = chunksOf(b);
  a.write('x');
  await Promise.resolve();
  await new Promise((resolve) => process.nextTick(resolve));
  expect(chunks).toEqual([]);
  await turns();
  expect(chunks).toEqual(['x']);
});

test('a writer whose peer does not read stops when the mark of the peer and the one under way are full', async () => {
  const [a, b] = socketPair({ highWaterMarkBytes: 10 });
  let accepted = 0;
  for (let write = 0; write < 100; write++) a.write('x', () => accepted++);
  await turns();
  expect([b.bytesRead, accepted, a.writableLength]).toEqual([10, 11, 89]);
  b.resume();
  await once(a, 'drain');
  await turns();
  expect([b.bytesRead, accepted, a.writableLength]).toEqual([100, 100, 0]);
});

test('with a seed the bytes are cut and joined, whole and in order, and the same way again', async () => {
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
  const receive = async (seed: number): Promise<number[]> => {
    const [a, b] = socketPair({ seed });
    const chunks: Buffer[] = [];
    b.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (let at = 0; at < bytes.length; at += 100) a.write(bytes.subarray(at, at + 100));
    a.end();
    await once(b, 'end');
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    return chunks.map((chunk) => chunk.length);
  };
  const lengths = await receive(3);
  expect(await receive(3)).toEqual(lengths);
  expect(await receive(4)).not.toEqual(lengths);
  expect(lengths.some((length) => length < 100)).toBe(true);
  expect(lengths.some((length) => length > 100)).toBe(true);
});

test('the two directions of a seeded pair are cut differently', async () => {
  const [a, b] = socketPair({ seed: 1 });
  const lengths: [number[], number[]] = [[], []];
  a.on('data', (chunk: Buffer) => lengths[0].push(chunk.length)).end(Buffer.alloc(10_000));
  b.on('data', (chunk: Buffer) => lengths[1].push(chunk.length)).end(Buffer.alloc(10_000));
  await Promise.all([once(a, 'end'), once(b, 'end')]);
  expect(lengths[0]).not.toEqual(lengths[1]);
});

test('resetAndDestroy is a reset to the peer, which loses what it has not read', async () => {
  const [a, b] = socketPair();
  const events = eventsOf(b);
  a.write('lost');
  a.resetAndDestroy();
  await turns();
  expect(events).toEqual(['error ECONNRESET', 'close true']);
  expect(b.bytesRead).toBe(0);
});

test('a peer that does not read sees a reset when it reads or writes', async () => {
  const [a, b] = socketPair({ highWaterMarkBytes: 1 });
  const events = eventsOf(b);
  a.write('x');
  await turns();
  a.resetAndDestroy();
  await turns();
  expect(events).toEqual([]);
  b.write('y');
  await turns();
  expect(events).toEqual(['error ECONNRESET', 'close true']);
});

test('destroy in the turn of the peer\'s write resets it: the bytes are unread', async () => {
  const [a, b] = socketPair();
  const events = eventsOf(b);
  b.write('hi');
  a.destroy();
  await turns();
  expect(events).toEqual(['error ECONNRESET', 'close true']);
});

test('destroy with bytes that were taken in is a clean end, as in net', async () => {
  const [a, b] = socketPair();
  const events = eventsOf(b);
  b.write('hi');
  await turns();
  expect(a.bytesRead).toBe(2);
  a.destroy();
  await turns();
  expect(events).toEqual(['end', 'finish', 'close false']);
});

test('what was handed over before destroy still arrives, then the end', async () => {
  const [a, b] = socketPair();
  const chunks = chunksOf(b);
  const events = eventsOf(b);
  a.write('last words');
  a.destroy();
  await turns();
  expect(chunks).toEqual(['last words']);
  expect(events).toEqual(['end', 'finish', 'close false']);
});

test('a half-open end loses its first write to a destroyed peer and fails with EPIPE at the second', async () => {
  const [a, b] = socketPair({ allowHalfOpen: true });
  const events = eventsOf(a);
  b.destroy();
  await once(a, 'end');
  a.write('1');
  await turns();
  expect(events).toEqual(['end']);
  a.write('2');
  await turns();
  expect(events).toEqual(['end', 'error EPIPE', 'close true']);
});

test('a write after the peer has ended fails with EPIPE', async () => {
  const [a, b] = socketPair();
  const events = eventsOf(a);
  b.end();
  await once(a, 'end');
  await new Promise((resolve) => process.nextTick(resolve));
  const error = await new Promise((resolve) => a.write('late', resolve));
  expect(error).toMatchObject({ code: 'EPIPE', message: 'This socket has been ended by the other party' });
  await turns();
  expect(events).toEqual(['end', 'error EPIPE', 'close true']);
});

test('a write that destroy cuts off fails in its callback, before close', async () => {
  const [a] = socketPair();
  const events = eventsOf(a);
  for (const name of ['first', 'second']) {
    a.write(Buffer.alloc(1024 * KIB), (error) => events.push(`${name} ${(error as NodeJS.ErrnoException).code}`));
  }
  a.destroy();
  await turns();
  expect(events.at(-1)).toBe('close false');
  expect(events.slice(0, -1).sort()).toEqual(['first ERR_STREAM_DESTROYED', 'second ERR_STREAM_DESTROYED']);
});

test('a listener that throws is an uncaught exception and holds nothing up', async () => {
  const [a, b] = socketPair();
  const chunks = chunksOf(b);
  const caught: unknown[] = [];
  const listenersOfRunner = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => caught.push(error));
  b.once('data', () => {
    throw new Error('listener');
  });
  a.write('one');
  a.end('two');
  await once(b, 'end');
  for (const listener of listenersOfRunner) process.on('uncaughtException', listener);
  expect(caught).toEqual([new Error('listener')]);
  expect(chunks).toEqual(['one', 'two']);
});

test('timeouts follow a fake clock while bytes go on', async () => {
  const [a, b] = socketPair();
  vi.useFakeTimers();
  const events = eventsOf(a);
  const chunks = chunksOf(a);
  a.setTimeout(5000);
  await vi.advanceTimersByTimeAsync(4999);
  expect(events).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(events).toEqual(['timeout']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual(['timeout']);
  b.write('x');
  await turns();
  expect(chunks).toEqual(['x']);
  await vi.advanceTimersByTimeAsync(5000);
  expect(events).toEqual(['timeout', 'timeout']);
});

test('a timeout out of range is refused', () => {
  const [a] = socketPair();
  for (const timeout of [-1, 1.5, Infinity, 2 ** 31]) {
    expect(() => a.setTimeout(timeout)).toThrow(
      new RangeError(`timeout must be an integer from 0 to 2147483647, got ${timeout}`),
    );
  }
});

test('each pair has a port of its own, and addresses are as given, or none', () => {
  const [a, b] = socketPair();
  const [other] = socketPair();
  expect(a.localPort).not.toBe(other.localPort);
  expect([a.localPort, a.remotePort]).toEqual([b.remotePort, b.localPort]);
  const [c, d] = socketPair({ addresses: [{ address: '192.0.2.1', port: 1 }, { address: '2001:db8::1', port: 2 }] });
  expect([c.localAddress, c.localPort, c.remoteAddress, c.remotePort]).toEqual(['192.0.2.1', 1, '2001:db8::1', 2]);
  expect([d.localAddress, d.localPort, d.remoteAddress, d.remotePort]).toEqual(['2001:db8::1', 2, '192.0.2.1', 1]);
  const [e] = socketPair({ addresses: null });
  expect([e.localAddress, e.localPort, e.remoteAddress, e.remotePort]).toEqual(Array(4).fill(undefined));
});

test.each([
  [{ highWaterMarkBytes: 0 }, 'highWaterMarkBytes must be an integer from 1 to 1073741824, got 0'],
  [{ highWaterMarkBytes: 2 ** 30 + 1 }, 'highWaterMarkBytes must be an integer from 1 to 1073741824, got 1073741825'],
  [{ seed: -1 }, 'seed must be an integer from 0 to 4294967295, got -1'],
  [{ seed: 2 ** 32 }, 'seed must be an integer from 0 to 4294967295, got 4294967296'],
])('options %j are refused', (options, message) => {
  expect(() => socketPair(options)).toThrow(new RangeError(message));
});

test('random numbers repeat, stay in range, and spread', () => {
  const draw = (seed: number): number[] => {
    const random = createRandom(seed);
    return Array.from({ length: 10_000 }, () => random(10));
  };
  expect(draw(0)).toEqual(draw(0));
  for (const seed of [0, 1, 2 ** 32 - 1, 0x9e3779b9]) {
    const counts = Array(10).fill(0);
    for (const number of draw(seed)) counts[number]++;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  }
});
