import { encodeMessage } from '@verb-tcp/socket/message';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, type Outcome } from './decoding.js';
import { settings } from './property.js';

const CHUNK_BYTES = 64 * 1024;

/** Many messages of different sizes, so that they meet the ends of every inner stretch at every place. */
function manyMessages(count: number, textOf: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => textOf(n).repeat((n * 7) % 60));
}

function decodeTogether(messages: readonly unknown[]): Outcome[] {
  return decode([Buffer.concat(messages.map(encodeMessage))]);
}

describe('many small messages in one chunk', () => {
  test.each([
    ['ASCII', () => 'abc'],
    ['text beyond ASCII', () => 'é€😀'],
    ['some of each', (n: number) => (n % 13 === 0 ? 'é' : 'abcde')],
    ['ASCII for long, then not', (n: number) => (n > 1500 ? '€' : 'abc')],
  ])('of %s come out as they went in', (_, textOf) => {
    const messages = manyMessages(3000, textOf);
    expect(decodeTogether(messages)).toEqual(messages.map((message) => ({ message })));
  });

  test('come out as they went in beside messages larger than all of them', () => {
    const messages = manyMessages(500, () => 'abc').flatMap((text, n) => (n % 100 === 50 ? [text, 'x'.repeat(3 * CHUNK_BYTES)] : [text]));
    expect(decodeTogether(messages)).toEqual(messages.map((message) => ({ message })));
  });

  test('come out whole at whatever place 64 KiB end', () => {
    const rest = Array.from({ length: 800 }, () => 'y'.repeat(100));
    for (let shift = 0; shift < 110; shift++) {
      const messages = ['x'.repeat(100 + shift), ...rest];
      expect(decodeTogether(messages), `shift ${shift}`).toEqual(messages.map((message) => ({ message })));
    }
  });

  test('are still checked one by one', () => {
    const bytes = Buffer.concat(manyMessages(100, () => 'abc').map(encodeMessage));
    const bad = Buffer.concat([bytes, Buffer.from('4\n"\xff\xfe"3\n{a}', 'latin1'), bytes]);
    const outcomes = decode([bad]);
    expect(outcomes).toHaveLength(202);
    expect(outcomes.slice(100, 102)).toEqual([{ code: 'ERR_FRAME_INVALID_UTF8' }, { code: 'ERR_FRAME_INVALID_JSON' }]);
    expect(outcomes.slice(102)).toEqual(outcomes.slice(0, 100));
  });

  test('are the same for any sizes, ASCII or not', () => {
    const text = fc.record({ unit: fc.constantFrom('a', 'a', 'a', 'é', '€'), size: fc.oneof(fc.nat(40), fc.nat(20_000)) });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 60 }), (texts) => {
        const messages = texts.map(({ unit, size }) => unit.repeat(size));
        expect(decodeTogether(messages)).toEqual(messages.map((message) => ({ message })));
      }),
      settings,
    );
  });
});
