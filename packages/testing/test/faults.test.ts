// Each fault over an in-memory pair, where chunks are exact, and time through a fake clock.
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { impair, socketPair } from '../src/index.js';
import { faulty, notes, pass, turns } from './faulty-pair.js';

const KIB = 1024;

afterEach(() => {
  vi.useRealTimers();
});

const counting = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => index % 251));

test('without faults everything passes: bytes, half-close, counters and addresses', async () => {
  const [first, second] = socketPair({ allowHalfOpen: true });
  const address = `${first.localAddress}:${first.localPort} ${first.remoteAddress}:${first.remotePort}`;
  const [client, server] = impair([first, second], []);
  const [atClient, atServer] = [notes(client), notes(server)];
  client.write('one');
  client.write('two');
  client.end();
  await turns();
  expect(atServer).toEqual(['one', 'two', '<end>']);
  server.end('late');
  await turns();
  expect(atClient).toEqual(['late', '<end>', '<close>']);
  expect(atServer).toEqual(['one', 'two', '<end>', '<close>']);
  expect([client.bytesWritten, client.bytesRead]).toEqual([6, 4]);
  expect(`${client.localAddress}:${client.localPort} ${client.remoteAddress}:${client.remotePort}`).toBe(address);
});

test('latency delays each chunk and the end from its own arrival', async () => {
  vi.useFakeTimers();
  const { client, atServer } = faulty([{ type: 'latency', delay: 100, direction: 'up' }]);
  client.write('a');
  await pass(60);
  client.write('b');
  client.end();
  await pass(39);
  expect(atServer).toEqual([]);
  await pass(1);
  expect(atServer).toEqual(['a']);
  await pass(59);
  expect(atServer).toEqual(['a']);
  await pass(1);
  expect(atServer).toEqual(['a', 'b', '<end>']);
});

test('latency in one direction leaves the other alone', async () => {
  vi.useFakeTimers();
  const { client, server, atClient, atServer } = faulty([{ type: 'latency', delay: 100, direction: 'down' }]);
  client.write('up');
  server.write('down');
  await turns();
  expect([atServer, atClient]).toEqual([['up'], []]);
  await pass(100);
  expect(atClient).toEqual(['down']);
});

test('jitter spreads the delays, the same way for the same seed, and reorders nothing', async () => {
  vi.useFakeTimers();
  const arrivals = async (seed: number): Promise<number[]> => {
    const { client, server } = faulty([{ type: 'latency', delay: 50, jitter: 40, direction: 'up' }], { seed });
    const times: number[] = [];
    const order: number[] = [];
    let time = 0;
    server.on('data', (chunk: Buffer) => {
      times.push(time);
      order.push(...chunk);
    });
    for (let sent = 0; time < 200; time++) {
      if (sent < 20) client.write(Buffer.from([sent++]));
      await pass(1);
    }
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    return times;
  };
  const times = await arrivals(1);
  expect(await arrivals(1)).toEqual(times);
  expect(await arrivals(2)).not.toEqual(times);
  expect(times[0]).toBeGreaterThanOrEqual(9);
  expect(times.at(-1)).toBeLessThanOrEqual(19 + 91);
  expect(new Set(times).size).toBeGreaterThan(4);
});

test('bandwidth lets so many bytes through in a second, and then the end', async () => {
  vi.useFakeTimers();
  const { client, server, atServer } = faulty([{ type: 'bandwidth', bytesPerSecond: 1000 }]);
  client.end(Buffer.alloc(2500));
  for (const [milliseconds, bytes] of [[500, 500], [500, 1000], [1000, 2000], [499, 2400], [1, 2500]] as const) {
    await pass(milliseconds);
    expect(server.bytesRead).toBe(bytes);
  }
  expect(atServer.at(-1)).toBe('<end>');
});

test('bandwidth makes the sender wait soon, and does not queue for seconds', async () => {
  vi.useFakeTimers();
  const { client, server } = faulty([{ type: 'bandwidth', bytesPerSecond: 100_000 }]);
  let written = 0;
  for (let write = 0; write < 16; write++) client.write(Buffer.alloc(64 * KIB), () => written++);
  await pass(0);
  // What the link may queue (64 KiB), and what the pair holds before it and the toxic's sink behind it.
  expect(written).toBeLessThanOrEqual(4);
  for (let tenth = 0; tenth < 106; tenth++) await pass(100);
  expect([server.bytesRead, written]).toEqual([16 * 64 * KIB, 16]);
});

test('slowClose holds back the end alone', async () => {
  vi.useFakeTimers();
  const { client, atServer } = faulty([{ type: 'slowClose', delay: 1000 }]);
  client.end('bye');
  await pass(999);
  expect(atServer).toEqual(['bye']);
  await pass(1);
  expect(atServer).toEqual(['bye', '<end>']);
});

test('blackhole swallows bytes and end, and ends the direction when its time is over', async () => {
  vi.useFakeTimers();
  const { client, server, atServer, atClient } = faulty([{ type: 'blackhole', timeout: 500, direction: 'up' }]);
  client.end('lost');
  server.write('heard');
  await pass(499);
  expect([atServer, atClient]).toEqual([[], ['heard']]);
  await pass(1);
  expect(atServer).toEqual(['<end>']);
});

test('a blackhole that swallowed something resets the connection when it is removed, and otherwise not', async () => {
  const { client, server, atServer, atClient } = faulty([]);
  const hole = client.faults.add({ type: 'blackhole', direction: 'up' });
  hole.remove();
  client.write('whole');
  await turns();
  expect(atServer).toEqual(['whole']);
  const second = client.faults.add({ type: 'blackhole', direction: 'up' });
  client.write('lost');
  server.write('heard');
  await turns();
  second.remove();
  await turns();
  expect(atServer).toEqual(['whole', '<ECONNRESET>', '<close>']);
  expect(atClient).toEqual(['heard', '<ECONNRESET>', '<close>']);
});

test('reset comes to both sides after its time', async () => {
  vi.useFakeTimers();
  const { client, atServer, atClient } = faulty([{ type: 'reset', after: 100, direction: 'up' }]);
  client.write('before');
  await pass(99);
  expect([atServer, atClient]).toEqual([['before'], []]);
  await pass(1);
  expect(atServer).toEqual(['before', '<ECONNRESET>', '<close>']);
  expect(atClient).toEqual(['<ECONNRESET>', '<close>']);
});

test('slicer cuts into pieces of the length it was given, with time between them', async () => {
  vi.useFakeTimers();
  const { client, atServer } = faulty([{ type: 'slicer', averageBytes: 3, delay: 10 }]);
  client.end('abcdefgh');
  await turns();
  expect(atServer).toEqual(['abc']);
  await pass(10);
  expect(atServer).toEqual(['abc', 'def']);
  await pass(10);
  expect(atServer).toEqual(['abc', 'def', 'gh', '<end>']);
});

test('the cuts of a slicer follow from the seed, not from how the bytes came in', async () => {
  const bytes = counting(2000);
  const cuts = async (seed: number, writeBytes: number): Promise<Set<number>> => {
    const { client, server } = faulty([{ type: 'slicer', averageBytes: 50, variationBytes: 30 }], { seed });
    const places = new Set<number>();
    const chunks: Buffer[] = [];
    server.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      places.add(server.bytesRead);
    });
    for (let at = 0; at < bytes.length; at += writeBytes) client.write(bytes.subarray(at, at + writeBytes));
    client.end();
    await once(server, 'end');
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    return places;
  };
  const whole = await cuts(5, 2000);
  expect(await cuts(5, 2000)).toEqual(whole);
  expect(await cuts(6, 2000)).not.toEqual(whole);
  const places = [...whole];
  const lengths = places.map((place, index) => place - (places[index - 1] ?? 0)).slice(0, -1);
  expect(Math.min(...lengths)).toBeGreaterThanOrEqual(20);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(80);
  // A cut of the writer's is one more, never one less.
  expect([...(await cuts(5, 70))]).toEqual(expect.arrayContaining(places));
});

test.each([0, 1, 9, 10])('limitBytes lets %i of 10 bytes through and ends the direction', async (bytes) => {
  const { client, server, atServer, atClient } = faulty([{ type: 'limitBytes', bytes, direction: 'up' }]);
  client.write('01234');
  client.write('56789');
  client.write('too much');
  server.write('other way');
  await turns(10);
  expect(atServer.join('')).toBe(`${'0123456789'.slice(0, bytes)}<end>`);
  expect(atClient).toEqual(['other way']);
});

test('limitBytes varies from connection to connection, the same way for the same seed, and both ways apart', async () => {
  const lengths = async (seed: number): Promise<[number, number]> => {
    const { client, server } = faulty([{ type: 'limitBytes', bytes: 50, variationBytes: 50 }], { seed });
    client.write(Buffer.alloc(200));
    server.write(Buffer.alloc(200));
    await turns(10);
    return [server.bytesRead, client.bytesRead];
  };
  const all = await Promise.all(Array.from({ length: 100 }, (_, seed) => lengths(seed)));
  expect(await Promise.all(Array.from({ length: 100 }, (_, seed) => lengths(seed)))).toEqual(all);
  const up = all.map(([length]) => length);
  expect(Math.min(...all.flat())).toBeGreaterThanOrEqual(0);
  expect(Math.max(...all.flat())).toBeLessThanOrEqual(100);
  expect(Math.max(...up) - Math.min(...up)).toBeGreaterThan(60);
  expect(all.filter(([first, second]) => first === second).length).toBeLessThan(10);
});

test('limitBytes can end with a reset, behind the bytes', async () => {
  const { client, atServer, atClient } = faulty([{ type: 'limitBytes', bytes: 4, end: 'reset', direction: 'up' }]);
  client.write('0123456789');
  await turns(10);
  expect(atServer).toEqual(['0123', '<ECONNRESET>', '<close>']);
  expect(atClient).toEqual(['<ECONNRESET>', '<close>']);
});

test.each([['fin', '<end>'], ['reset', '<ECONNRESET>']] as const)('limitTime ends the connection with a %s', async (end, note) => {
  vi.useFakeTimers();
  const { client, atServer, atClient } = faulty([{ type: 'limitTime', duration: 1000, end }]);
  client.write('in time');
  await pass(999);
  expect(atServer).toEqual(['in time']);
  await pass(1);
  await turns(10);
  expect(atServer[1]).toBe(note);
  expect(atClient[0]).toBe(note);
});

test('stallReads makes the sender wait and loses nothing', async () => {
  vi.useFakeTimers();
  const { client, server } = faulty([{ type: 'stallReads', duration: 1000, direction: 'up' }]);
  let written = 0;
  for (let write = 0; write < 10; write++) client.write(Buffer.alloc(64 * KIB), () => written++);
  await pass(999);
  expect(server.bytesRead).toBe(0);
  expect(written).toBeLessThan(5);
  await pass(1);
  await turns(50);
  expect([server.bytesRead, written]).toEqual([640 * KIB, 10]);
});

test('flipBits flips single bits at places that follow from the seed', async () => {
  const flipped = async (seed: number, writeBytes: number): Promise<Buffer> => {
    const { client, server } = faulty([{ type: 'flipBits', averageBytes: 100, direction: 'up' }], { seed });
    const bytes = Buffer.alloc(10_000);
    const chunks: Buffer[] = [];
    server.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (let at = 0; at < bytes.length; at += writeBytes) client.write(bytes.subarray(at, at + writeBytes));
    client.end();
    await once(server, 'end');
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    return Buffer.concat(chunks);
  };
  const bytes = await flipped(1, 10_000);
  expect((await flipped(1, 333)).equals(bytes)).toBe(true);
  expect((await flipped(2, 10_000)).equals(bytes)).toBe(false);
  const wrong = bytes.filter((byte) => byte !== 0);
  expect(wrong.every((byte) => Number.isInteger(Math.log2(byte)))).toBe(true);
  expect(wrong.length).toBeGreaterThan(70);
  expect(wrong.length).toBeLessThan(140);
});
