// What holds for every fault of an impaired socket: order, change while running, seed and probability, bounds, and closing.
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { impair, socketPair, type Fault } from '../src/index.js';
import { faulty, notes, pass, turns } from './faulty-pair.js';
import { makePlainPair, makeTLSPair, makeUnixPair } from './pair-makers.js';

const KIB = 1024;

afterEach(() => {
  vi.useRealTimers();
});

test('faults add up, in the order in which they were added', async () => {
  vi.useFakeTimers();
  const faults: Fault[] = [{ type: 'slicer', averageBytes: 2 }, { type: 'latency', delay: 10 }, { type: 'limitBytes', bytes: 3 }];
  const { client, atServer } = faulty(faults);
  client.write('abcdef');
  await pass(9);
  expect(atServer).toEqual([]);
  await pass(1);
  expect(atServer).toEqual(['ab', 'c', '<end>']);
});

test('a fault that is removed lets go of what it holds, before what comes later', async () => {
  vi.useFakeTimers();
  const { client, atServer } = faulty([]);
  {
    using slow = client.faults.add({ type: 'latency', delay: 60_000 });
    expect([slow.fault.type, client.faults.size]).toEqual(['latency', 1]);
    client.write('held');
    await turns();
    expect(atServer).toEqual([]);
  }
  client.write('later');
  await turns();
  expect([atServer, client.faults.size]).toEqual([['held', 'later'], 0]);
});

test('a probability hits its share of the connections, the same ones for the same seed', async () => {
  const hits = async (seed: number): Promise<boolean[]> => {
    const seen: boolean[] = [];
    for (let connection = 0; connection < 200; connection++) {
      const faults: Fault[] = [{ type: 'limitBytes', bytes: 0, probability: 0.25, direction: 'up' }];
      const { client, atServer } = faulty(faults, { seed: seed + connection });
      await turns(3);
      seen.push(atServer.includes('<end>'));
      client.destroy();
    }
    return seen;
  };
  const first = await hits(1000);
  expect(await hits(1000)).toEqual(first);
  expect(first.filter(Boolean).length).toBeGreaterThan(30);
  expect(first.filter(Boolean).length).toBeLessThan(70);
});

test.each([[0, 'passes'], [1, '']])('a probability of %i is certain', async (probability, arrived) => {
  for (let seed = 0; seed < 50; seed++) {
    const { client, server } = faulty([{ type: 'blackhole', probability }], { seed });
    const seen = notes(server);
    client.write('passes');
    await turns(3);
    expect(seen.join('')).toBe(arrived);
  }
});

test('what faults hold is bounded: the writer has to wait', async () => {
  vi.useFakeTimers();
  const { client, server } = faulty([{ type: 'latency', delay: 1000 }], { maxHeldBytes: 256 * KIB });
  let written = 0;
  for (let write = 0; write < 32; write++) client.write(Buffer.alloc(64 * KIB), () => written++);
  await pass(999);
  expect(server.bytesRead).toBe(0);
  expect(written).toBeLessThanOrEqual(8);
  await pass(1);
  expect(server.bytesRead).toBeGreaterThanOrEqual(256 * KIB);
  expect(server.bytesRead).toBeLessThanOrEqual(512 * KIB);
  for (let round = 0; round < 20; round++) await pass(1000);
  expect([server.bytesRead, written]).toEqual([32 * 64 * KIB, 32]);
});

test('five megabytes are under way at once: the default holds what a link of 50 MB/s and 100 ms has on it', async () => {
  vi.useFakeTimers();
  const { client, server } = faulty([{ type: 'latency', delay: 100 }]);
  const writes = 5_000_000 / 50_000;
  for (let write = 0; write < writes; write++) client.write(Buffer.alloc(50_000));
  await turns(3 * writes);
  await pass(100);
  expect(server.bytesRead).toBe(5_000_000);
});

test('short pieces count for what they cost', async () => {
  vi.useFakeTimers();
  const { client, server } = faulty([{ type: 'slicer', averageBytes: 1 }, { type: 'latency', delay: 100 }], { maxHeldBytes: 128 * KIB });
  for (let write = 0; write < 100; write++) client.write(Buffer.alloc(KIB));
  await turns(300);
  await pass(100);
  // 1024 pieces of one byte are at the mark, and so is the chunk that brought them.
  expect(server.bytesRead).toBe(KIB);
});

test('a reader that does not read makes the writer wait, through the faults', async () => {
  const [client, server] = impair(socketPair(), [{ type: 'slicer', averageBytes: 10_000 }]);
  let written = 0;
  for (let write = 0; write < 64; write++) client.write(Buffer.alloc(64 * KIB), () => written++);
  await turns(50);
  expect(written).toBeLessThan(10);
  server.resume();
  client.end();
  await once(server, 'end');
  expect([server.bytesRead, written]).toEqual([64 * 64 * KIB, 64]);
});

test('a socket that would answer an end at once still delivers what was held for it', async () => {
  vi.useFakeTimers();
  const [client, server] = impair(socketPair(), [{ type: 'latency', delay: 100, direction: 'up' }]);
  const [atClient, atServer] = [notes(client), notes(server)];
  client.write('under way');
  await turns();
  server.allowHalfOpen = true;
  server.end('bye');
  await turns();
  expect(atClient).toEqual(['bye', '<end>', '<close>']);
  await pass(100);
  expect(atServer).toEqual(['under way', '<end>', '<close>']);
});

test('destroy delivers what was written, in its time, and then closes the socket behind', async () => {
  vi.useFakeTimers();
  const [first, second] = socketPair({ allowHalfOpen: true });
  const client = impair(first, [{ type: 'latency', delay: 100 }]);
  const atSecond = notes(second);
  client.write('last words');
  await turns();
  client.destroy();
  await turns();
  expect(first.destroyed).toBe(false);
  await pass(100);
  expect([atSecond, first.destroyed]).toEqual([['last words', '<end>'], true]);
  expect(vi.getTimerCount()).toBe(0);
});

test('a socket that is destroyed behind an impairment looks as a peer that is: an end, and a reset to who goes on writing', async () => {
  const [first] = socketPair({ allowHalfOpen: true });
  const client = impair(first, []);
  const atClient = notes(client);
  first.destroy();
  await turns();
  expect(atClient).toEqual(['<end>']);
  client.write('anybody there?');
  await turns();
  // As in `net`: behind an end nothing is read any more, so the next write notices the reset.
  client.write('hello?');
  await turns();
  expect(atClient).toEqual(['<end>', '<ECONNRESET>', '<close>']);
});

test('a reset passes at once, and no timer is left behind', async () => {
  vi.useFakeTimers();
  const faults: Fault[] = [{ type: 'latency', delay: 1000 }, { type: 'reset', after: 5000 }, { type: 'blackhole', timeout: 9000 }];
  const { client, server, atServer } = faulty(faults);
  client.write('lost');
  await turns();
  expect(vi.getTimerCount()).toBe(5);
  client.on('error', () => {}).resetAndDestroy();
  await turns();
  expect(atServer).toEqual(['<ECONNRESET>', '<close>']);
  expect([server.destroyed, vi.getTimerCount()]).toEqual([true, 0]);
});

test.each([['plain', makePlainPair], ['TLS', makeTLSPair], ['unix', makeUnixPair]])('%s sockets can be impaired', async (_, makePair) => {
  const [first, second] = await makePair();
  const client = impair(first, [{ type: 'slicer', averageBytes: 7, variationBytes: 6 }, { type: 'latency', delay: 1 }]);
  expect(client.remoteAddress).toBe(first.remoteAddress);
  second.on('data', (bytes: Buffer) => second.write(bytes));
  const received: Buffer[] = [];
  client.on('data', (bytes: Buffer) => received.push(bytes));
  const sent = Buffer.alloc(20 * KIB, 'some bytes, ');
  client.end(sent);
  second.on('end', () => second.end());
  await once(client, 'close');
  expect(Buffer.concat(received).equals(sent)).toBe(true);
  await Promise.all([first, second].map((socket) => socket.closed || once(socket, 'close')));
});

test('the faults tell their seed and their parameters, for the messages of assertions', () => {
  const { client } = faulty([{ type: 'latency', delay: 20, jitter: 10 }, { type: 'blackhole', direction: 'up', probability: 0.5 }], { seed: 7 });
  expect(String(client.faults)).toBe(
    'seed 7: latency (delay 20, jitter 10, direction both, probability 1), blackhole (timeout 0, end fin, direction up, probability 0.5)',
  );
  client.faults.clear();
  expect([String(client.faults), client.faults.seed]).toEqual(['seed 7: no faults', 7]);
});

test.each<[object, string]>([
  [{ type: 'latency' }, 'delay must be an integer from 0 to 2147483647, got undefined'],
  [{ type: 'latency', delay: 1, jitter: -1 }, 'jitter must be an integer from 0 to 2147483647, got -1'],
  [{ type: 'bandwidth', bytesPerSecond: 0 }, 'bytesPerSecond must be an integer from 1 to 2147483647, got 0'],
  [{ type: 'slicer', averageBytes: 0 }, 'averageBytes must be an integer from 1 to 1073741824, got 0'],
  [{ type: 'slicer', averageBytes: 5, variationBytes: 5 }, 'variationBytes must be an integer from 0 to 4, got 5'],
  [{ type: 'limitBytes', bytes: 5, variationBytes: 6 }, 'variationBytes must be an integer from 0 to 5, got 6'],
  [{ type: 'limitBytes', bytes: 1, end: 'end' }, "end must be one of 'fin', 'reset', got \"end\""],
  [{ type: 'flipBits', averageBytes: 1.5 }, 'averageBytes must be an integer from 1 to 1073741824, got 1.5'],
  [{ type: 'reset', probability: 1.1 }, 'probability must be a number from 0 to 1, got 1.1'],
  [{ type: 'reset', direction: 'left' }, "direction must be one of 'up', 'down', 'both', got \"left\""],
  [{ type: 'gremlin' }, 'type must be the name of a fault, got "gremlin"'],
])('%j is refused', (fault, message) => {
  const { client } = faulty([]);
  expect(() => client.faults.add(fault as Fault)).toThrow(new RangeError(message));
  expect(client.faults.size).toBe(0);
});

test('options out of range, destroyed sockets and text sockets are refused', () => {
  expect(() => impair(socketPair(), [], { seed: -1 })).toThrow(RangeError);
  expect(() => impair(socketPair(), [], { maxHeldBytes: 0 })).toThrow(RangeError);
  expect(() => impair(socketPair()[0].destroy(), [])).toThrow(TypeError);
  expect(() => impair(socketPair()[0].setEncoding('utf8'), [])).toThrow(TypeError);
});
