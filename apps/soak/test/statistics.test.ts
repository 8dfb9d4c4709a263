import { describe, expect, test } from 'vitest';
import { createRandom } from '../src/random.js';
import { firstStampede, median, quantile } from '../src/statistics.js';

describe('a quantile', () => {
  test.each([
    [[5], 0.5, 5],
    [[3, 1, 2], 0.5, 2],
    [[100, 9, 20], 0, 9],
    [Array.from({ length: 200 }, (_, index) => index), 0.99, 198],
  ])('of %j at %d is %d', (values, q, wanted) => {
    expect(quantile(values, q)).toBe(wanted);
  });

  test('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('a stampede', () => {
  test.each([
    ['even', [9, 9, 10, 10, 10, 10], -1],
    ['falling', [900, 300, 100, 33, 11, 4], -1],
    ['three times the mean of the neighbours', [0, 0, 10, 30, 10], -1],
    ['more than that', [0, 0, 10, 31, 10], 3],
    ['everybody at once behind a pause', [0, 0, 0, 0, 1000, 0], 4],
    ['before it counts', [0, 1000, 500, 400], -1],
    ['in the last bin, which is not over', [5, 5, 5, 1000], -1],
    ['few, where few scatter', [0, 0, 0, 6, 0], -1],
  ])('%s: %j', (_, bins, wanted) => {
    expect(firstStampede(bins, 2, 3, 2)).toBe(wanted);
  });
});

test('what came late all at once is no stampede', () => {
  const bins = [0, 0, 10, 45, 10];
  expect(firstStampede(bins, 2, 3, 2, [0, 0, 0, 0.4, 0])).toBe(3);
  expect(firstStampede(bins, 2, 3, 2, [0, 0, 0, 0.6, 0])).toBe(-1);
});

test('the same seed makes the same choices, and another one others', () => {
  const draw = (seed: number): number[] => Array.from({ length: 20 }, ((random) => () => random(1000))(createRandom(seed)));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(1).every((value) => Number.isInteger(value) && value >= 0 && value < 1000)).toBe(true);
});
