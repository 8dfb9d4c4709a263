// How much may be pending in the carrier.
import { describe, expect, it } from 'vitest';
import { BatchSize } from '../src/batch-size.js';

const KIB = 1024;

function after(...milliseconds: number[]): number {
  const size = new BatchSize();
  for (const one of milliseconds) size.left(one);
  return size.bytes;
}

const quick = (batches: number): number[] => Array.from({ length: batches }, () => 4);

describe('what may be pending', () => {
  it('is 64 KiB until 1 MiB in a row was quick, and again from the first batch that was not', () => {
    expect(after()).toBe(64 * KIB);
    expect(after(...quick(15))).toBe(64 * KIB);
    expect(after(...quick(16))).toBe(256 * KIB);
    expect(after(...quick(100), 5)).toBe(64 * KIB);
    expect(after(...quick(100), 5, ...quick(15))).toBe(64 * KIB);
    expect(after(...quick(8), 5, ...quick(15))).toBe(64 * KIB);
    expect(after(5, ...quick(16))).toBe(256 * KIB);
  });
});
