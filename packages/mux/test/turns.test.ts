// Whose turn it is, and how long a turn.
import { describe, expect, it } from 'vitest';
import { turnBytes } from '../src/allowance.js';
import { Ring } from '../src/ring.js';
import { StreamRecord } from '../src/stream-record.js';
import { Turns } from '../src/turns.js';

const KIB = 1024;
const MIB = 1024 * KIB;

function records(count: number): StreamRecord[] {
  return Array.from({ length: count }, (_, index) => new StreamRecord(index + 1, true));
}

/** Gives so many turns; each stream joins again at once. */
function take(turns: Turns, count: number): number[] {
  return Array.from({ length: count }, () => {
    const stream = turns.next() as StreamRecord;
    turns.add(stream);
    return stream.id;
  });
}

describe('turns', () => {
  it('go round in order, and a stream that waits is in once', () => {
    const turns = new Turns();
    const [a, b, c] = records(3);
    for (const stream of [a, b, a, c, b]) turns.add(stream!);
    expect(turns.count).toBe(3);
    expect(take(turns, 9)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });

  it('of a stream that had none in this round come before those of a hundred that had theirs', () => {
    const turns = new Turns();
    const [late, ...bulk] = records(101);
    for (const stream of bulk) turns.add(stream);
    take(turns, 230);
    turns.add(late!);
    expect(turns.next()).toBe(late);
    // Its second one of the round waits like everybody's.
    turns.add(late!);
    expect(take(turns, 100)).not.toContain(late!.id);
    expect(take(turns, 1)).toEqual([late!.id]);
  });

  it('are as many for a stream that empties each time as for one that does not', () => {
    const turns = new Turns();
    const [bulk, ...small] = records(8);
    const counts = new Map<number, number>();
    let idle: StreamRecord[] = small;
    turns.add(bulk!);
    for (let turn = 0; turn < 8000; turn++) {
      const stream = turns.next() as StreamRecord;
      counts.set(stream.id, (counts.get(stream.id) ?? 0) + 1);
      // Those that emptied have something again a turn later, as after a callback.
      for (const again of idle) turns.add(again);
      idle = stream === bulk ? [] : [stream];
      if (stream === bulk) turns.add(bulk);
    }
    const all = [...counts.values()];
    expect(all).toHaveLength(8);
    expect(Math.max(...all) / Math.min(...all)).toBeLessThan(1.01);
  });

  it('come to those that wait, however many streams are new', () => {
    const turns = new Turns();
    const [bulk, ...news] = records(2000);
    turns.add(bulk!);
    take(turns, 1);
    for (const stream of news) turns.add(stream);
    const order = Array.from({ length: 1000 }, () => turns.next()!.id);
    expect(order.indexOf(bulk!.id)).toBeGreaterThan(0);
    expect(order.indexOf(bulk!.id)).toBeLessThanOrEqual(128);
  });
});

describe('one turn', () => {
  const turn = (sent: number, others: number, fullBatchBytes: number): number => {
    const [stream] = records(1);
    stream!.bytesSent = sent;
    return turnBytes(stream!, others, fullBatchBytes);
  };

  it('is 64 KiB for a stream alone, 16 KiB where others wait', () => {
    expect(turn(0, 0, 64 * KIB)).toBe(64 * KIB);
    expect(turn(0, 1, 64 * KIB)).toBe(16 * KIB);
    expect(turn(100 * MIB, 1, 64 * KIB)).toBe(16 * KIB);
  });

  it('grows on a quick carrier to 64 KiB, by a sixteenth of what the stream has sent', () => {
    expect(turn(256 * KIB, 1, 256 * KIB)).toBe(16 * KIB);
    expect(turn(512 * KIB, 1, 256 * KIB)).toBe(32 * KIB);
    expect(turn(MIB, 1, 256 * KIB)).toBe(64 * KIB);
    expect(turn(100 * MIB, 1, 256 * KIB)).toBe(64 * KIB);
  });
});

it('a ring keeps its order while it grows and wraps', () => {
  const ring = new Ring<{ n: number }>();
  let pushed = 0;
  let shifted = 0;
  for (let round = 1; round < 60; round++) {
    for (let n = 0; n < round; n++) ring.push({ n: pushed++ });
    expect(ring.first?.n).toBe(shifted);
    for (let n = 0; n < round - 1; n++) expect(ring.shift()?.n).toBe(shifted++);
    expect(ring.count).toBe(pushed - shifted);
  }
  ring.clear();
  expect([ring.count, ring.first, ring.shift()]).toEqual([0, undefined, undefined]);
});
