import { encodeMessage, frameJson, MessageError, stringifyMessage } from '@verb-tcp/socket/message';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vectors } from './decoding.js';
import { settings } from './property.js';

/** The bytes that a socket makes of what `frameJson` gives. */
function written(json: string): Buffer {
  return Buffer.from(frameJson(json) as string);
}

function plain(json: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(json)}\n${json}`);
}

describe('a message', () => {
  test.each(vectors.json)('$message becomes its golden bytes', ({ message, bytes }) => {
    expect(Buffer.from(encodeMessage(message)).toString('hex')).toBe(bytes);
    expect(written(stringifyMessage(message)).toString('hex')).toBe(bytes);
  });

  test('has fresh bytes each time', () => {
    const first = encodeMessage('a');
    first.fill(0);
    expect(Buffer.from(encodeMessage('a')).toString()).toBe('3\n"a"');
  });

  test('of any JSON comes out alike from both encoders', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (message) => {
        const json = stringifyMessage(message);
        expect(Buffer.from(encodeMessage(message)).equals(plain(json))).toBe(true);
        expect(written(json).equals(plain(json))).toBe(true);
      }),
      settings,
    );
  });
});

describe('where the length gains a digit', () => {
  const units = { ascii: 'a', 'two bytes': 'é', 'three bytes': '€', 'two units of four bytes': '😀' };
  const lengths = [1, 2, 3, 4, 5, 8, 9, 10, 11, 24, 25, 33, 34, 49, 50, 98, 99, 100, 101, 333, 334, 499, 500, 999, 1000, 9999, 10_000];

  test.each(Object.entries(units))('text of %s has the right header', (_, unit) => {
    for (const length of lengths) {
      const json = unit.repeat(length);
      expect(written(json).equals(plain(json)), `${length} × ${unit}`).toBe(true);
    }
  });

  test('one wide character among ASCII moves it', () => {
    for (const ascii of [6, 7, 8, 9, 96, 97, 98, 99, 996, 997, 998]) {
      for (const json of [`${'a'.repeat(ascii)}é`, `€${'a'.repeat(ascii)}`]) {
        expect(written(json).equals(plain(json)), json).toBe(true);
      }
    }
  });

  test('an unpaired surrogate counts as what is written for it', () => {
    expect(written('\ud800').equals(Buffer.from('3\n\ufffd'))).toBe(true);
  });

  test('empty text has the header 0', () => {
    expect(written('').toString()).toBe('0\n');
  });
});

describe('the form that costs a socket least', () => {
  test('is text for short ASCII, whose length is its bytes', () => {
    expect(frameJson('"abc"')).toBe('5\n"abc"');
    expect(frameJson('a'.repeat(4096))).toBe(`4096\n${'a'.repeat(4096)}`);
  });

  test.each(['"é"', '"€"', '"😀"', 'a'.repeat(4097)])('is bytes for %s', (json) => {
    expect(frameJson(json)).toBeInstanceOf(Uint8Array);
  });
});

describe('a value that JSON cannot carry', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  let deep: unknown = 0;
  for (let n = 0; n < 100_000; n++) deep = [deep];
  const throwing = (thrown: unknown): unknown => ({
    toJSON() {
      throw thrown;
    },
  });
  const values: [string, unknown][] = [
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a BigInt', 1n],
    ['a cycle', cycle],
    ['nesting too deep', deep],
    ['a toJSON that gives undefined', { toJSON: () => undefined }],
    ['a toJSON that throws an error', throwing(new Error('no'))],
    ['a toJSON that throws what has no text', throwing(Object.create(null))],
  ];

  test.each(values)('%s is ERR_FRAME_NOT_SERIALIZABLE', (_, value) => {
    for (const encode of [encodeMessage, stringifyMessage]) {
      const error = thrownBy(() => encode(value));
      expect(error).toBeInstanceOf(MessageError);
      expect(error).toMatchObject({ name: 'MessageError', code: 'ERR_FRAME_NOT_SERIALIZABLE' });
    }
  });

  test('keeps what was thrown as the cause', () => {
    const cause = new Error('no');
    expect(thrownBy(() => encodeMessage(throwing(cause)))).toMatchObject({
      cause,
      message: 'message cannot become JSON: no',
    });
    expect(thrownBy(() => encodeMessage(undefined))).not.toHaveProperty('cause');
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
