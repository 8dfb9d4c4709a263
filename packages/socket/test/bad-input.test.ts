import { constants } from 'node:buffer';
import { createMessageDecoder, encodeMessage, MessageError } from '@verb-tcp/socket/message';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { cut, decode, drain, everyByte, MAX_MESSAGE_BYTES, vectors } from './decoding.js';

const good = Buffer.from(encodeMessage('good'));
const isSkippable = (code: string): boolean => code.startsWith('ERR_FRAME_INVALID_');

/** The first error that these bytes cause. */
function errorOf(bytes: string | Uint8Array, maxMessageBytes = MAX_MESSAGE_BYTES): MessageError {
  const decoder = createMessageDecoder({ maxMessageBytes });
  decoder.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  try {
    decoder.next();
  } catch (error) {
    expect(error).toBeInstanceOf(MessageError);
    return error as MessageError;
  }
  throw new Error('these bytes are good');
}

describe('a bad header', () => {
  const fatal = vectors.jsonBadHeaders.filter(({ code }) => !isSkippable(code));

  test.each(fatal)('$bytes is $code, whole, cut anywhere, and byte by byte', ({ bytes, code }) => {
    const input = Buffer.concat([good, Buffer.from(bytes, 'hex')]);
    const wanted = [{ message: 'good' }, { code }];
    expect(decode([input])).toEqual(wanted);
    expect(decode(everyByte(input))).toEqual(wanted);
    for (let at = 0; at <= input.length; at++) expect(decode(cut(input, [at])), `cut at ${at}`).toEqual(wanted);
  });

  test.each(fatal)('$bytes loses the place: what follows is dropped, and nothing is kept', ({ bytes }) => {
    const decoder = createMessageDecoder({ maxMessageBytes: MAX_MESSAGE_BYTES });
    decoder.push(Buffer.from(bytes, 'hex'));
    decoder.push(good);
    expect(drain(decoder)).toHaveLength(1);
    decoder.push(good);
    expect(decoder.next()).toBeUndefined();
    expect(decoder).toMatchObject({ byteLength: 0, isInsideMessage: false, declaredBytes: undefined });
    expect(decoder.rest()).toHaveLength(0);
  });

  test('names the byte and the protocol it looks like', () => {
    expect(errorOf('GET / HTTP/1.1\r\n')).toMatchObject({
      looksLike: 'http',
      message: 'header has 0x47 where a length in decimal and LF must stand; this looks like http',
    });
    expect(errorOf('\x16\x03\x01\x02\x00')).toMatchObject({ looksLike: 'tls' });
    expect(errorOf('7\r\n')).toMatchObject({
      looksLike: undefined,
      message: 'header has 0x0d where a length in decimal and LF must stand',
    });
    expect(errorOf('7{"a":1}')).toMatchObject({ looksLike: undefined });
  });

  test('of 15 digits is well-formed, of 16 too long', () => {
    expect(errorOf(`${'9'.repeat(15)}\n`)).toMatchObject({ code: 'ERR_FRAME_TOO_LARGE', declaredBytes: 999_999_999_999_999 });
    expect(errorOf(`${'9'.repeat(16)}`)).toMatchObject({ code: 'ERR_FRAME_HEADER_TOO_LONG' });
  });
});

describe('a bad payload', () => {
  const skippable = vectors.jsonBadHeaders.filter(({ code }) => isSkippable(code));

  test.each(skippable)('$bytes is $code, and the next message is fine, for every cut', ({ bytes, code }) => {
    const input = Buffer.concat([good, Buffer.from(bytes, 'hex'), good]);
    const wanted = [{ message: 'good' }, { code }, { message: 'good' }];
    expect(decode([input])).toEqual(wanted);
    expect(decode(everyByte(input))).toEqual(wanted);
    for (let at = 0; at <= input.length; at++) expect(decode(cut(input, [at])), `cut at ${at}`).toEqual(wanted);
  });

  test('of JSON keeps the parser\'s error as its cause', () => {
    expect(errorOf('3\n{a}').cause).toBeInstanceOf(SyntaxError);
  });

  test('begins with a byte order mark, which JSON does not allow', () => {
    expect(errorOf('5\n\xef\xbb\xbf42')).toMatchObject({ code: 'ERR_FRAME_INVALID_JSON' });
  });
});

describe('UTF-8', () => {
  const framed = (payload: Buffer): Buffer => Buffer.concat([Buffer.from(`${payload.length}\n`), payload]);

  test('with U+FFFD in good text is good', () => {
    expect(decode([framed(Buffer.from('"a\ufffdb"'))])).toEqual([{ message: 'a\ufffdb' }]);
  });

  test.each([
    ['a lone continuation byte', '2280 22'],
    ['a cut character', '22c3 22'],
    ['a character cut off by the end of the payload', '22c3'],
    ['an overlong form', '22c080 22'],
    ['a surrogate', '22eda080 22'],
    ['more than U+10FFFF', '22f4908080 22'],
    ['a bad byte beside a good U+FFFD', '22efbfbd ff 22'],
  ])('with %s is ERR_FRAME_INVALID_UTF8', (_, hex) => {
    const input = framed(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    expect(decode([input])).toEqual([{ code: 'ERR_FRAME_INVALID_UTF8' }]);
    expect(decode(everyByte(input))).toEqual([{ code: 'ERR_FRAME_INVALID_UTF8' }]);
  });
});

describe('the limit', () => {
  const ofBytes = (length: number): Buffer => Buffer.from(`${length}\n${length === 1 ? '7' : `"${'x'.repeat(length - 2)}"`}`);

  test.each([1, 2, 10, 1000])('of %d bytes lets in up to that, and no byte more', (max) => {
    for (const length of [max - 1, max].filter((bytes) => bytes > 0)) {
      expect(decode([ofBytes(length)], max), `${length} bytes`).toHaveLength(1);
      expect(decode([ofBytes(length)], max)[0], `${length} bytes`).toHaveProperty('message');
    }
    expect(errorOf(ofBytes(max + 1), max)).toMatchObject({
      code: 'ERR_FRAME_TOO_LARGE',
      declaredBytes: max + 1,
      limitBytes: max,
      message: `message of ${max + 1} bytes is over maxMessageBytes (${max})`,
    });
    expect(errorOf('0\n', max)).toMatchObject({ code: 'ERR_FRAME_INVALID_JSON' });
  });

  test.each([0, -1, 1.5, NaN, Infinity, 2 ** 31, '5', undefined])('cannot be %s', (maxMessageBytes) => {
    expect(() => createMessageDecoder({ maxMessageBytes: maxMessageBytes as number })).toThrow(
      new RangeError(`maxMessageBytes must be an integer from 1 to 2147483647, got ${maxMessageBytes}`),
    );
  });

  test('can be 2147483647, but what no string can hold is too large all the same', () => {
    const longest = constants.MAX_STRING_LENGTH;
    expect(errorOf(`${longest + 1}\n`, 2 ** 31 - 1)).toMatchObject({
      code: 'ERR_FRAME_TOO_LARGE',
      declaredBytes: longest + 1,
      limitBytes: longest,
    });
    expect(decode([Buffer.from(`${longest}\n`)], 2 ** 31 - 1)).toEqual([]);
  });

  describe('and memory', () => {
    afterEach(() => vi.restoreAllMocks());

    test('is checked before anything is kept, and a declared length allocates nothing', () => {
      const allocations = [vi.spyOn(Buffer, 'alloc'), vi.spyOn(Buffer, 'allocUnsafe'), vi.spyOn(Buffer, 'allocUnsafeSlow')];
      const decoder = createMessageDecoder({ maxMessageBytes: 500_000_000 });
      decoder.push(Buffer.from(new TextEncoder().encode('400000000\n')));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.declaredBytes).toBe(400_000_000);
      const sizes = allocations.flatMap((spy) => spy.mock.calls.map(([size]) => size));
      expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(4096);
    });
  });
});
