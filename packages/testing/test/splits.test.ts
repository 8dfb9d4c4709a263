import { expect, test } from 'vitest';
import { everySplit, randomSplits, TestingError } from '../src/index.js';

const bytes = Buffer.from('abcd');

function textsOf(run: (check: (chunks: Buffer[]) => void) => void): string[] {
  const seen: string[] = [];
  run((chunks) => void seen.push(chunks.join('|')));
  return seen;
}

test('every split is the whole, each cut in two, and byte by byte', () => {
  const seen = textsOf((check) => everySplit(bytes, check));
  expect(seen).toEqual(['abcd', 'a|bcd', 'ab|cd', 'abc|d', 'a|b|c|d']);
});

test.each([
  ['', ['']],
  ['a', ['a']],
  ['ab', ['ab', 'a|b']],
  ['abc', ['abc', 'a|bc', 'ab|c', 'a|b|c']],
])('the splits of %j are each made once', (text, expected) => {
  expect(textsOf((check) => everySplit(Buffer.from(text), check))).toEqual(expected);
});

test('a failing check names the cuts and keeps what it threw', () => {
  const cause = new Error('two chunks');
  const run = (): void =>
    everySplit(bytes, (chunks) => {
      if (chunks[0]?.length === 2) throw cause;
    });
  expect(run).toThrow(TestingError);
  expect(run).toThrow('4 bytes cut at 2: two chunks');
  expect(run).toThrow(expect.objectContaining({ code: 'ERR_TESTING_CHECK_FAILED', cuts: [2], cause }));
});

test('an async check runs to its end before the next one begins', async () => {
  const seen: string[] = [];
  await everySplit(Buffer.from('abc'), async (chunks) => {
    seen.push(`begin ${chunks.join('|')}`);
    await Promise.resolve();
    seen.push('end');
  });
  expect(seen).toEqual(['begin abc', 'end', 'begin a|bc', 'end', 'begin ab|c', 'end', 'begin a|b|c', 'end']);
});

test('an async check that rejects or throws, at the first or a later split, names the cuts', async () => {
  const failing = (at: number) => async (chunks: Buffer[]) => {
    if (chunks.length === at) throw new Error('bad');
  };
  await expect(everySplit(bytes, failing(1))).rejects.toMatchObject({ cuts: [] });
  await expect(everySplit(bytes, failing(2))).rejects.toMatchObject({ cuts: [1] });
  await expect(everySplit(bytes, failing(4))).rejects.toMatchObject({ cuts: [1, 2, 3] });
});

test('chunks are copies: a check that writes into them spoils nothing', () => {
  const original = Buffer.from('abcd');
  everySplit(original, (chunks) => {
    expect(Buffer.concat(chunks).toString()).toBe('abcd');
    for (const chunk of chunks) chunk.fill(0);
  });
  expect(original.toString()).toBe('abcd');
});

test('random splits repeat with their seed, differ with another, and lose no byte', () => {
  const long = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
  const draw = (seed: number): string[] =>
    textsOf((check) =>
      randomSplits(long, seed, 50, (chunks) => {
        expect(Buffer.concat(chunks).equals(long)).toBe(true);
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
        check(chunks.map((chunk) => Buffer.from(String(chunk.length))));
      }),
    );
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(new Set(draw(7)).size).toBeGreaterThan(45);
});

test('a failing random split names its seed in the message', () => {
  const run = (): void =>
    randomSplits(bytes, 42, 100, (): void => {
      throw new Error('bad');
    });
  expect(run).toThrow(/^4 bytes cut at [\d, ]+ \(seed 42\): bad$/);
  expect(run).toThrow(expect.objectContaining({ seed: 42 }));
});

test.each([[-1], [1.5], [2 ** 32], [Number.NaN]])('a seed of %s is refused', (seed) => {
  expect(() => randomSplits(bytes, seed, 1, () => {})).toThrow(`seed must be an integer from 0 to 4294967295, got ${seed}`);
});

test('rounds of 0 are refused: a check that never runs proves nothing', () => {
  expect(() => randomSplits(bytes, 1, 0, () => {})).toThrow(RangeError);
});
