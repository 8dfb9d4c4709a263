import { describe, expect, test } from 'vitest';
import { printable } from '../src/printable.js';

describe('printable', () => {
  test.each([
    ['colours and titles', '\x1b[31mred\x1b]0;title\x07', '\\x1b[31mred\\x1b]0;title\\x07'],
    ['line breaks and tabs', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['the eight-bit forms of the same controls', 'a\u009b31m', 'a\\x9b31m'],
    ['marks that turn text around', 'a\u202egnp\u2066', 'a\\u{202e}gnp\\u{2066}'],
    ['line separators', 'a\u2028b\u2029', 'a\\u{2028}b\\u{2029}'],
    ['invisible characters', 'a\u200b\ufeff\u{e0041}', 'a\\u{200b}\\u{feff}\\u{e0041}'],
    ['half characters', 'a\ud83d', 'a\\u{d83d}'],
    ['delete', 'a\x7f', 'a\\x7f'],
  ])('makes %s visible', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test('leaves text of any language and joined emoji alone', () => {
    const text = 'Grüße, Ωmega, 日本語, فارسی, 👩‍👩‍👧';
    expect(printable(text)).toBe(text);
  });

  test('cuts long text and says how long it was', () => {
    expect(printable('abcdef', 6)).toBe('abcdef');
    expect(printable('abcdef', 5)).toBe('abcde… (6 characters)');
    expect(printable('abcd😀f', 5)).toBe('abcd… (7 characters)');
  });
});
