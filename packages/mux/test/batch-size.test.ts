// How much may be pending in the carrier.
import { describe, expect, it } from 'vitest';
import { BatchSize } from '../src/batch-size.js';

const KIB = 1024;
const FULL = 64 * KIB;

interface Batches {
  count: number;
  bytes?: number;
  /** How long each takes to leave, and how long nothing follows it, in milliseconds. */
  takes?: number;
  pause?: number;
}

function after(...all: Batches[]): number {
  const size = new BatchSize();
  let now = 0;
  for (const { count, bytes = FULL, takes = 1, pause = 0 } of all) {
    for (let batch = 0; batch < count; batch++) {
      size.left(bytes, now, now + takes);
      now += takes + pause;
    }
  }
  return size.bytes;
}

describe('what may be pending', () => {
  it('is 64 KiB until 1 MiB has left at 16 MB/s, and again from the first batch that is slower', () => {
    expect(after()).toBe(64 * KIB);
    expect(after({ count: 15, takes: 4 })).toBe(64 * KIB);
    expect(after({ count: 16, takes: 4 })).toBe(256 * KIB);
    expect(after({ count: 100, takes: 5 })).toBe(64 * KIB);
    expect(after({ count: 16 }, { count: 1, takes: 5 })).toBe(64 * KIB);
    expect(after({ count: 8 }, { count: 1, takes: 5 }, { count: 15 })).toBe(64 * KIB);
    expect(after({ count: 8 }, { count: 1, takes: 5 }, { count: 16 })).toBe(256 * KIB);
  });

  it('stays 256 KiB while these leave at that rate, also when nothing leaves for a while', () => {
    expect(after({ count: 16 }, { count: 50, bytes: 256 * KIB, takes: 16 })).toBe(256 * KIB);
    expect(after({ count: 16 }, { count: 1, bytes: 256 * KIB, takes: 17 })).toBe(64 * KIB);
    expect(after({ count: 16, pause: 1 }, { count: 3, pause: 10_000 })).toBe(256 * KIB);
  });

  it('takes no small batch, and none far apart, for a sign of a quick line', () => {
    expect(after({ count: 1000, bytes: 100, takes: 0 })).toBe(64 * KIB);
    expect(after({ count: 15 }, { count: 1000, bytes: FULL - 1 })).toBe(64 * KIB);
    expect(after({ count: 1000, pause: 5 })).toBe(64 * KIB);
    expect(after({ count: 16 }, { count: 1, bytes: 100, takes: 5 })).toBe(64 * KIB);
  });
});
