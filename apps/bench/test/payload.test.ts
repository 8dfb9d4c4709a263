import { describe, expect, test } from 'vitest';
import { messagesOf, sumOfIds } from '../src/payload.js';

describe('messages', () => {
  test.each([100, 250, 1024])('have %d bytes of JSON each, and no two are alike', (bytes) => {
    const jsons = messagesOf(bytes, 1024).map((message) => JSON.stringify(message));
    expect(new Set(jsons.map((json) => Buffer.byteLength(json)))).toEqual(new Set([bytes]));
    expect(new Set(jsons).size).toBe(1024);
  });

  test('cannot be smaller than what they say', () => {
    expect(() => messagesOf(10, 1)).toThrow(/^bytes must be at least \d+ for this message, got 10$/);
  });
});

test.each([0, 1, 7, 8, 9, 100])('the ids of %d messages out of a ring of 8 add up', (count) => {
  const ring = messagesOf(100, 8);
  let sum = 0;
  for (let n = 0; n < count; n++) sum += ring[n % 8]?.id ?? NaN;
  expect(sumOfIds(ring, count)).toBe(sum);
});
