// Behaviours 1, 9, 11 and 16 over links that dribble, delay, break in the middle of a frame, or carry one way only.
import { once } from 'node:events';
import { impair, socketPair, type ImpairedSocket, type PairSocket } from '@verb-tcp/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TCPStreamMultiplexer, type MuxError, type StreamHandler } from '../src/index.js';
import { closed, muxOver, muxPair, readAll, settled, streamPair, tcpPair, until, type MuxPair } from './pairs.js';
import { RawPeer, create, frame } from './wire.js';

const KIB = 1024;
const WINDOW = 256 * KIB;
const patterned = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 7 + (at >> 8)) & 255));

function impairedPair(options: Parameters<typeof impair>[1], muxOptions = {}): MuxPair {
  const sockets: [ImpairedSocket, PairSocket] = impair(socketPair(), options);
  return muxOver(sockets, muxOptions);
}

describe('behaviour 1, a link that dribbles', () => {
  it.each([1, 7])('in pieces of %d bytes: three streams both ways, ends and resets, as over any other', async (averageBytes) => {
    const pair = impairedPair([{ type: 'slicer', averageBytes }], { allowHalfOpen: true });
    const accepted: StreamHandler[] = [];
    pair.server.on('stream', (stream) => accepted.push(stream));
    const opened = ['a', 'b', 'c'].map((type) => pair.client.openStream(type, { type }, { allowHalfOpen: true }));
    await until(() => accepted.length === 3);
    const bytes = patterned(5000);
    const read = Promise.all([...opened.slice(0, 2), ...accepted.slice(0, 2)].map(readAll));
    for (const stream of [...opened.slice(0, 2), ...accepted.slice(0, 2)]) stream.end(bytes);
    for (const received of await read) expect(received.equals(bytes)).toBe(true);
    accepted[2]?.reset(300, 'no');
    const [error] = (await once(opened[2] as StreamHandler, 'error')) as [MuxError];
    expect(error).toMatchObject({ muxCode: 'ERR_MUX_STREAM_RESET', resetCode: 300 });
    expect(await pair.client.ping()).toBeGreaterThanOrEqual(0);
    pair.client.destroy();
  });

  it('cut at random, more than a window each way', async () => {
    const pair = muxOver(socketPair({ seed: 20_261_126 }), { allowHalfOpen: true });
    const [a, b] = await streamPair(pair, true);
    const bytes = patterned(3 * WINDOW);
    const read = Promise.all([readAll(a), readAll(b)]);
    a.end(bytes);
    b.end(bytes);
    for (const received of await read) expect(received.equals(bytes)).toBe(true);
    pair.client.destroy();
  });
});

describe('behaviour 9, the carrier ends in the middle of a frame', () => {
  const wire = Buffer.concat([create(3), frame(3, 'whole'), frame(3, 'cut')]);
  it.each([
    ['a header', wire.length - 3 - 5],
    ['a payload', wire.length - 1],
    ['a control message', create(3).length - 1],
  ])('in %s: an error on every open stream, what came before is there, no clean end', async (_, length) => {
    const [ours, theirs] = socketPair();
    const mux = new TCPStreamMultiplexer(ours);
    const events: string[] = [];
    mux.on('stream', (stream) => {
      for (const event of ['end', 'error', 'close']) stream.on(event, () => events.push(`${stream.id} ${event}`));
      stream.on('data', (bytes: Buffer) => events.push(`${stream.id} ${bytes.toString()}`));
    });
    const errors: MuxError[] = [];
    mux.on('error', (error) => errors.push(error));
    const peer = new RawPeer(theirs).greet();
    peer.socket.write(wire.subarray(0, length));
    peer.socket.end();
    await new Promise<void>((resolve) => mux.once('close', resolve));
    const of = (id: number): string[] => events.filter((event) => event.startsWith(`${id} `));
    expect(of(1)).toEqual(['1 error', '1 close']);
    const came = length < create(3).length ? [] : ['3 whole', ...(length === wire.length - 1 ? ['3 cu'] : []), '3 error', '3 close'];
    expect(of(3)).toEqual(came);
    expect(errors.map(({ code }) => code)).toEqual(['ERR_MUX_SESSION_CLOSED']);
  });
});

describe('behaviour 11, liveness', () => {
  it('bulk one way never trips it, however slow, and neither does an end that only listens', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const pair = muxPair();
      const [a, b] = await streamPair(pair);
      b.resume();
      await settled();
      const errors: Error[] = [];
      for (const mux of [pair.client, pair.server]) mux.on('error', (error) => errors.push(error));
      for (let second = 0; second < 300; second += 10) {
        a.write(Buffer.alloc(1000));
        await vi.advanceTimersByTimeAsync(10_000);
        await settled(3);
      }
      expect(errors).toEqual([]);
      expect(b.bytesRead).toBe(30_000);
      pair.client.destroy();
    } finally {
      vi.useRealTimers();
    }
  });

  it('no timer keeps the process alive, whatever is open or waits', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    // Those of tests before this one may end meanwhile.
    const before = timers();
    const pair = muxPair();
    const [a] = await streamPair(pair);
    a.setTimeout(60_000);
    pair.client.openStream('waits').close();
    void pair.server.close();
    expect(timers()).toBeLessThanOrEqual(before);
    pair.client.destroy();
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe('behaviour 16, a link with a delay', () => {
  // By a clock of the test: what a busy machine adds to a round trip, or to a read, decides whether a window grows.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  /** Turns of the event loop, and milliseconds between them, until `condition` holds. */
  async function pass(condition: () => boolean): Promise<void> {
    for (let millisecond = 0; !condition(); millisecond++) {
      if (millisecond > 20_000) throw new Error(`after 20 seconds it still did not hold: ${condition.toString()}`);
      await settled(3);
      await vi.advanceTimersByTimeAsync(1);
    }
  }

  /** The most bytes that were on the way at a time, to a reader that takes a chunk every so many milliseconds. */
  async function transfer(maxGrowthBytes: number, readEvery: number): Promise<number> {
    const pair = impairedPair([{ type: 'latency', delay: 10 }], { maxGrowthBytes });
    const accepted = streamPair(pair);
    await pass(() => pair.client.stats().peer === 'extended' && pair.server.stats().peer === 'extended');
    const [a, b] = await accepted;
    const size = 6 * 1024 * KIB;
    a.end(Buffer.alloc(size));
    let most = 0;
    let bytes = 0;
    let isOver = false;
    b.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      most = Math.max(most, pair.client.stats().bytesWritten - pair.server.stats().bytesRead);
      if (readEvery === 0) return;
      b.pause();
      setTimeout(() => b.resume(), readEvery);
      if (bytes > 1024 * KIB) isOver = true;
    });
    b.on('end', () => (isOver = true));
    await pass(() => isOver);
    if (readEvery === 0) expect(bytes).toBe(size);
    pair.client.destroy();
    if (!b.destroyed) await Promise.all([closed(b), vi.advanceTimersByTimeAsync(100)]);
    return most;
  }

  it('the window grows for a quick reader, within the budget, and stays for a slow one', async () => {
    const [grown, fixed, budget] = [await transfer(64 * 1024 * KIB, 0), await transfer(0, 0), await transfer(WINDOW, 0)];
    const frames = 32 * KIB; // headers, and what waits in the socket of our end
    expect(fixed).toBeLessThanOrEqual(WINDOW + frames);
    expect(budget).toBeLessThanOrEqual(2 * WINDOW + frames);
    expect(grown).toBeGreaterThan(2 * WINDOW + frames);
    const slow = await transfer(64 * 1024 * KIB, 80);
    expect(slow).toBeLessThanOrEqual(WINDOW + frames);
  });
});

it('behaviours 3 and 11, one stream that nobody reads over TCP: pings pass both ways', async () => {
  const pair = muxOver(await tcpPair());
  const [a] = await streamPair(pair);
  a.write(Buffer.alloc(8 * WINDOW));
  await settled(50);
  expect(await pair.client.ping()).toBeGreaterThanOrEqual(0);
  expect(await pair.server.ping()).toBeGreaterThanOrEqual(0);
  pair.client.destroy();
});
