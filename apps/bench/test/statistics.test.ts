import { describe, expect, test } from 'vitest';
import { pairedRatios, quantile, spreadOf } from '../src/statistics.js';

describe('a quantile', () => {
  test.each([
    [[5], 0, 5],
    [[5], 0.5, 5],
    [[3, 1, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[10, 0], 0.25, 2.5],
    [[1, 2, 3, 4, 5], 0, 1],
    [[1, 2, 3, 4, 5], 1, 5],
    [[1, 2, 3, 4, 5], 0.99, 4.96],
  ])('of %j at %d is %d', (values, q, wanted) => {
    expect(quantile(values, q)).toBeCloseTo(wanted, 10);
  });

  test('sorts by number, not by text, and leaves the values as they were', () => {
    const values = [100, 9, 20];
    expect(quantile(values, 0.5)).toBe(20);
    expect(values).toEqual([100, 9, 20]);
  });

  test('of nothing, or at no share, is a mistake', () => {
    expect(() => quantile([], 0.5)).toThrow(new RangeError('values must not be empty'));
    expect(() => quantile([1], 1.1)).toThrow(new RangeError('q must be a number from 0 to 1, got 1.1'));
    expect(() => quantile([1], NaN)).toThrow(RangeError);
  });
});

test('a spread is the median and both ends', () => {
  expect(spreadOf([7, 1, 4])).toEqual({ median: 4, min: 1, max: 7 });
});

describe('paired ratios', () => {
  test('compare each round with itself, so a slow round costs nothing', () => {
    expect(pairedRatios([10, 100, 20], [5, 50, 10])).toEqual([2, 2, 2]);
  });

  test('need as many rounds of both', () => {
    expect(() => pairedRatios([1, 2], [1])).toThrow(new RangeError('both must have as many rounds, got 2 and 1'));
  });
});
