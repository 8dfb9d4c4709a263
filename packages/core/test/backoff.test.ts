import { describe, expect, it } from 'vitest';
import { backoffDelay } from '../src/backoff.js';

const options = { initialDelay: 200, maxDelay: 30_000, factor: 2, jitter: 'none' } as const;

describe('backoffDelay', () => {
  it('grows by its factor up to its maximum', () => {
    expect([1, 2, 3, 8, 9, 5000].map((failures) => backoffDelay(failures, options, 0.5))).toEqual([200, 400, 800, 25_600, 30_000, 30_000]);
  });

  it('takes a random part of that with full jitter, from none to all of it', () => {
    const jittered = { ...options, jitter: 'full' } as const;
    expect([0, 0.25, 1].map((random) => backoffDelay(3, jittered, random))).toEqual([0, 200, 800]);
  });
});
