import { describe, expect, test } from 'vitest';
import { inTurn } from '../src/rounds.js';

describe('rounds', () => {
  test('measure everybody once, one at a time, and let another begin each time', async () => {
    const order: string[] = [];
    let running = 0;
    const contender = (name: string) => async () => {
      expect(++running).toBe(1);
      await undefined;
      running--;
      order.push(name);
      return `${name}${order.length}`;
    };
    const results = await inTurn({ a: contender('a'), b: contender('b'), c: contender('c') }, 4, () => {});
    expect(order.join('')).toBe('abcbcacababc');
    expect(results).toEqual({
      a: ['a1', 'a6', 'a8', 'a10'],
      b: ['b2', 'b4', 'b9', 'b11'],
      c: ['c3', 'c5', 'c7', 'c12'],
    });
  });

  test('tell what begins', async () => {
    const lines: string[] = [];
    await inTurn({ a: async () => 1 }, 2, (line) => lines.push(line));
    expect(lines).toEqual(['a, 1 of 2', 'a, 2 of 2']);
  });

  test('end with the first measurement that fails', async () => {
    const fails = inTurn({ a: () => Promise.reject(new Error('no')) }, 2, () => {});
    await expect(fails).rejects.toThrow('no');
  });
});
