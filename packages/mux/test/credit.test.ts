// Behaviours 2 to 4, 14 and 16: credit, and who may hold up whom.
import { describe, expect, it } from 'vitest';
import type { StreamHandler } from '../src/index.js';
import { GrowthBudget, ReceiveWindow } from '../src/receive-window.js';
import { isLong, muxOver, muxPair, readAll, settled, streamPair, tcpPair, until } from './pairs.js';

const KIB = 1024;
const MIB = KIB * KIB;
const WINDOW = 256 * KIB;
const MARK = 64 * KIB;
/** Of the eight streams both ways. */
const STREAM_BYTES = (isLong ? 100 : 4) * MIB;

async function manyStreams(count: number): Promise<{ pair: ReturnType<typeof muxPair>; opened: StreamHandler[]; accepted: StreamHandler[] }> {
  // Both ends: who has read all may still have much to write.
  const pair = muxOver(await tcpPair(), { allowHalfOpen: true });
  const accepted: StreamHandler[] = [];
  pair.server.on('stream', (stream) => accepted.push(stream));
  const opened = Array.from({ length: count }, (_, index) => pair.client.openStream('t', { index }, { allowHalfOpen: true }));
  await until(() => accepted.length === count);
  return { pair, opened, accepted };
}

describe('behaviour 2, bodies larger than the window', () => {
  it('arrive unchanged in both directions', async () => {
    const pair = muxOver(await tcpPair());
    const [a, b] = await streamPair(pair, true);
    const bytes = Buffer.from(Array.from({ length: MIB }, (_, at) => (at * 7 + (at >> 9)) & 255));
    a.end(Buffer.concat([bytes, bytes, bytes]));
    b.end(Buffer.concat([bytes, bytes]));
    const [atB, atA] = await Promise.all([readAll(b), readAll(a)]);
    expect(atB.equals(Buffer.concat([bytes, bytes, bytes]))).toBe(true);
    expect(atA.equals(Buffer.concat([bytes, bytes]))).toBe(true);
    pair.client.destroy();
  });
});

describe('behaviour 3, a reader that never reads', () => {
  it('stops its sender at the window and the mark, and nobody else', async () => {
    const pair = muxPair();
    const [unread, other] = await streamPair(pair);
    await settled();
    unread.write(Buffer.alloc(2 * MIB));
    await settled(300);
    expect(unread.bytesWritten).toBe(2 * MIB);
    const { bufferedBytes } = pair.server.stats();
    expect(other.bytesRead + bufferedBytes).toBe(WINDOW);
    expect(other.bytesRead).toBeLessThanOrEqual(2 * MARK);
    const [busy, reader] = await streamPair(pair);
    busy.end(Buffer.alloc(4 * MIB));
    expect((await readAll(reader)).length).toBe(4 * MIB);
    pair.client.destroy();
  });

  it('grants half a window when half a window was read, and no byte sooner', () => {
    const window = new ReceiveWindow(WINDOW, 0);
    const budget = new GrowthBudget(0);
    window.receive(WINDOW, 0);
    expect(window.hasRoom(0)).toBe(true);
    expect(window.hasRoom(1)).toBe(false);
    window.consumed = WINDOW / 2 - 1;
    expect(window.isGrantDue).toBe(false);
    window.consumed++;
    expect(window.isGrantDue).toBe(true);
    expect(window.grant(1000, 1, 16 * MIB, budget)).toBe(WINDOW / 2);
    expect(window.granted).toBe(WINDOW * 1.5);
    expect(window.isGrantDue).toBe(false);
  });
});

describe('behaviour 4, both ends write and nobody reads', () => {
  it('ten windows each way, then both read: no deadlock', async () => {
    const pair = muxOver(await tcpPair());
    const [a, b] = await streamPair(pair, true);
    a.end(Buffer.alloc(10 * WINDOW));
    b.end(Buffer.alloc(10 * WINDOW));
    await settled(50);
    const pings = Promise.all([pair.client.ping(), pair.server.ping()]);
    const [atB, atA] = await Promise.all([readAll(b), readAll(a)]);
    expect([atA.length, atB.length]).toEqual([10 * WINDOW, 10 * WINDOW]);
    expect((await pings).every((milliseconds) => milliseconds >= 0)).toBe(true);
    pair.client.destroy();
  });

  it('eight streams both ways, one never read: everything else arrives, in bounded memory', async () => {
    const { pair, opened, accepted } = await manyStreams(8);
    const size = STREAM_BYTES;
    const chunk = Buffer.alloc(MARK, 'x');
    for (const stream of [...opened, ...accepted]) {
      let left = size;
      const go = (): void => {
        while (left > 0) {
          left -= chunk.length;
          if (!stream.write(chunk)) return void stream.once('drain', go);
        }
        stream.end();
      };
      go();
    }
    const read = [...opened.slice(1), ...accepted.slice(1)].map(async (stream) => {
      let bytes = 0;
      for await (const piece of stream.iterator({ destroyOnReturn: false })) bytes += (piece as Buffer).length;
      return bytes;
    });
    expect(await Promise.all(read)).toEqual(Array.from({ length: 14 }, () => size));
    for (const mux of [pair.client, pair.server]) expect(mux.stats().bufferedBytes).toBeLessThanOrEqual(2 * WINDOW);
    pair.client.destroy();
  });
});

describe('behaviour 14, fair turns', () => {
  it('a hundred bulk streams are within a turn of each other, and a small one passes', async () => {
    const { pair, opened, accepted } = await manyStreams(100);
    const counts = accepted.map(() => 0);
    for (const [index, stream] of accepted.entries()) stream.on('data', (bytes) => (counts[index]! += bytes.length));
    for (const stream of opened) stream.write(Buffer.alloc(200 * KIB));
    await until(() => counts.reduce((sum, bytes) => sum + bytes, 0) > 100 * 100 * KIB);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(32 * KIB);
    const [small, peer] = await streamPair(pair);
    small.end('small');
    expect((await readAll(peer)).toString()).toBe('small');
    pair.client.destroy();
  });
});

describe('behaviour 16, windows that tune themselves', () => {
  it('grow for a quick reader, twice and four times, up to the maximum and the budget, and not for a slow one', () => {
    const grow = (elapsed: number, budgetBytes: number, rounds = 10): number => {
      const window = new ReceiveWindow(WINDOW, 0);
      const budget = new GrowthBudget(budgetBytes);
      for (let round = 1; round <= rounds; round++) {
        window.consumed += window.windowBytes / 2;
        window.grant(round * elapsed, 20, 16 * MIB, budget);
      }
      return window.windowBytes;
    };
    expect(grow(39, 64 * MIB)).toBe(16 * MIB);
    expect(grow(41, 64 * MIB)).toBe(WINDOW);
    expect(grow(39, MIB)).toBe(MIB);
    expect(grow(39, 0)).toBe(WINDOW);
    expect([grow(20, 64 * MIB, 1), grow(19, 64 * MIB, 1)]).toEqual([2 * WINDOW, 4 * WINDOW]);
    expect([grow(19, 64 * MIB), grow(19, 2 * MIB)]).toEqual([16 * MIB, 2 * MIB]);
  });

  it('grow up to 8 MiB and not beyond where the round trip is short, however long the first one was', () => {
    const grow = (roundTrip: number, elapsed: number, afterCredit: number): number => {
      const window = new ReceiveWindow(WINDOW, 0);
      const budget = new GrowthBudget(64 * MIB);
      let came = 0;
      for (let round = 1; round <= 10; round++) {
        const now = round * elapsed;
        const credit = window.granted;
        window.receive(credit - came, now);
        came = credit + 1;
        window.consumed += window.windowBytes / 2;
        window.grant(now, roundTrip, 16 * MIB, budget);
        window.receive(1, now + afterCredit);
      }
      return window.windowBytes;
    };
    expect(grow(0.1, 1, 0.1)).toBe(8 * MIB);
    expect(grow(0.1, 4, 0.1)).toBe(WINDOW);
    expect(grow(10, 1, 2)).toBe(8 * MIB);
    expect(grow(10, 1, 5)).toBe(10 * MIB);
    expect(grow(10, 1, 20)).toBe(16 * MIB);
    expect(grow(0, 1, 0.1)).toBe(WINDOW);
  });

  it('give their growth back', () => {
    const budget = new GrowthBudget(WINDOW);
    expect(budget.take(WINDOW)).toBe(true);
    expect(budget.take(1)).toBe(false);
    budget.giveBack(WINDOW);
    expect(budget.take(WINDOW)).toBe(true);
  });
});
