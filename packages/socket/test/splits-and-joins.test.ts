import { createMessageDecoder, encodeMessage, type MessageErrorCode } from '@verb-tcp/socket/message';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, decode, drain, everyByte, MAX_MESSAGE_BYTES, vectors, type Outcome } from './decoding.js';
import { settings } from './property.js';

const all = Buffer.concat(vectors.json.map(({ bytes }) => Buffer.from(bytes, 'hex')));
const allOutcomes = vectors.json.map(({ message }) => ({ message }));

describe('less than, exactly and more than one message', () => {
  test.each(vectors.json)('$message comes out of its golden bytes, whole, cut anywhere, and byte by byte', (vector) => {
    const bytes = Buffer.from(vector.bytes, 'hex');
    const wanted = [{ message: vector.message }];
    expect(decode([bytes])).toEqual(wanted);
    expect(decode(everyByte(bytes))).toEqual(wanted);
    for (let at = 0; at <= bytes.length; at++) expect(decode(cut(bytes, [at])), `cut at ${at}`).toEqual(wanted);
  });

  test('a message comes out with its last byte and not before', () => {
    const bytes = Buffer.from(encodeMessage({ a: 'é' }));
    const decoder = createMessageDecoder({ maxMessageBytes: 100 });
    for (const byte of everyByte(bytes.subarray(0, -1))) {
      decoder.push(byte);
      expect(decoder.next()).toBeUndefined();
    }
    decoder.push(bytes.subarray(-1));
    expect(decoder.next()).toEqual({ a: 'é' });
  });

  test('all golden messages run together come out in order, for every cut', () => {
    expect(decode([all])).toEqual(allOutcomes);
    expect(decode(everyByte(all))).toEqual(allOutcomes);
    for (let at = 0; at <= all.length; at++) expect(decode(cut(all, [at])), `cut at ${at}`).toEqual(allOutcomes);
  });

  test('a cut inside a character loses nothing', () => {
    const bytes = Buffer.from(encodeMessage('é€😀'));
    expect(decode(everyByte(bytes))).toEqual([{ message: 'é€😀' }]);
  });

  test('plain Uint8Arrays are as good as Buffers', () => {
    expect(decode([new Uint8Array(all)])).toEqual(allOutcomes);
  });
});

describe('any chunking of the same bytes', () => {
  type Part = { bytes: Buffer; outcome: Outcome };
  const good: fc.Arbitrary<Part> = fc
    .jsonValue({ stringUnit: 'binary' })
    // As JSON has it: -0 becomes 0 on the way.
    .map((message) => ({ bytes: Buffer.from(encodeMessage(message)), outcome: { message: JSON.parse(JSON.stringify(message)) } }));
  const bad = (hex: string, code: MessageErrorCode): fc.Arbitrary<Part> =>
    fc.constant({ bytes: Buffer.from(hex, 'hex'), outcome: { code } });
  const skippable = vectors.jsonBadHeaders.filter(({ code }) => code.startsWith('ERR_FRAME_INVALID_'));
  const fatal = vectors.jsonBadHeaders.filter(({ code }) => !code.startsWith('ERR_FRAME_INVALID_'));
  const part = fc.oneof({ weight: 5, arbitrary: good }, ...skippable.map(({ bytes, code }) => bad(bytes, code)));
  const last = fc.option(fc.oneof(...fatal.map(({ bytes, code }) => bad(bytes, code))));
  const stream = fc.record({ parts: fc.array(part, { maxLength: 8 }), last }).map(({ parts, last: end }) => {
    const list = end === null ? parts : [...parts, end];
    return { bytes: Buffer.concat(list.map(({ bytes }) => bytes)), outcomes: list.map(({ outcome }) => outcome) };
  });
  const places = fc.array(fc.nat(400), { maxLength: 40 });

  test('gives the same messages and errors, in the same order', () => {
    fc.assert(
      fc.property(stream, places, ({ bytes, outcomes }, cuts) => {
        expect(decode(cut(bytes, cuts))).toEqual(outcomes);
        expect(decode(everyByte(bytes))).toEqual(outcomes);
      }),
      settings,
    );
  });

  test('gives the same where more is pushed while earlier bytes are unread', () => {
    fc.assert(
      fc.property(stream, places, fc.infiniteStream(fc.nat(2)), ({ bytes, outcomes }, cuts, reads) => {
        const decoder = createMessageDecoder({ maxMessageBytes: MAX_MESSAGE_BYTES });
        const seen: Outcome[] = [];
        for (const chunk of cut(bytes, cuts)) {
          decoder.push(chunk);
          for (let n = reads.next().value; n > 0; n--) seen.push(...drainOne(decoder));
        }
        seen.push(...drain(decoder));
        expect(seen).toEqual(outcomes);
      }),
      settings,
    );
  });

  test('gives back at any moment what it has not decoded, and a fresh decoder goes on from there', () => {
    fc.assert(
      fc.property(stream, places, fc.nat(400), fc.nat(6), ({ bytes, outcomes }, cuts, stop, reads) => {
        const decoder = createMessageDecoder({ maxMessageBytes: MAX_MESSAGE_BYTES });
        const early = bytes.subarray(0, stop);
        for (const chunk of cut(early, cuts)) decoder.push(chunk);
        const seen: Outcome[] = [];
        for (let n = 0; n < reads; n++) seen.push(...drainOne(decoder));
        const { byteLength } = decoder;
        const rest = decoder.rest();
        expect(rest.length).toBeGreaterThanOrEqual(byteLength);
        // After a lost place nothing is given back: there is nobody who could read it.
        if (seen.some((outcome) => 'code' in outcome && !outcome.code.startsWith('ERR_FRAME_INVALID_'))) {
          expect(rest).toHaveLength(0);
        } else {
          expect(rest.equals(early.subarray(early.length - rest.length))).toBe(true);
          expect([...seen, ...decode([rest, bytes.subarray(early.length)])]).toEqual(outcomes);
        }
        expect(decoder).toMatchObject({ byteLength: 0, isInsideMessage: false, declaredBytes: undefined, receivedBytes: 0 });
      }),
      settings,
    );
  });

  test('gives nothing but messages and MessageErrors, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    const digits = fc.string({ unit: fc.constantFrom('0', '1', '2', '9', '\n', '"', '{', '}', 'a'), maxLength: 60 }).map((text) => Buffer.from(text));
    fc.assert(
      fc.property(fc.oneof(bytes, digits), places, (input, cuts) => {
        expect(decode(cut(input, cuts))).toEqual(decode([input]));
      }),
      settings,
    );
  });
});

describe('bytes pushed while others are unread', () => {
  test('keep their order when a message ends exactly with the chunk before', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 100 });
    decoder.push(encodeMessage(1));
    decoder.push(encodeMessage(2));
    expect(decoder.next()).toBe(1);
    decoder.push(encodeMessage(3));
    expect(drain(decoder)).toEqual([{ message: 2 }, { message: 3 }]);
  });

  test('come out complete, also where they came byte by byte', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 100 });
    const messages = 20_000;
    decoder.push(Buffer.from('1'));
    for (let n = 0; n < messages; n++) for (const byte of n === 0 ? '\n7' : '1\n7') decoder.push(Buffer.from(byte));
    expect(decoder.byteLength).toBe(3 * messages);
    expect(drain(decoder)).toHaveLength(messages);
  });
});

describe('what a decoder tells about the message begun', () => {
  test('follows it from the first digit to the last byte', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 100 });
    const state = (): unknown[] => {
      expect(decoder.next()).toBeUndefined();
      return [decoder.isInsideMessage, decoder.declaredBytes, decoder.receivedBytes, decoder.byteLength];
    };
    expect(state()).toEqual([false, undefined, 0, 0]);
    decoder.push(Buffer.from('1'));
    expect(state()).toEqual([true, undefined, 0, 0]);
    decoder.push(Buffer.from('0\n'));
    expect(state()).toEqual([true, 10, 0, 0]);
    decoder.push(Buffer.from('{"a":'));
    expect(state()).toEqual([true, 10, 5, 5]);
    decoder.push(Buffer.from('"\xc3', 'latin1'));
    expect(state()).toEqual([true, 10, 7, 7]);
    decoder.push(Buffer.from('\xa9"}', 'latin1'));
    expect(decoder.next()).toEqual({ a: 'é' });
    expect(state()).toEqual([false, undefined, 0, 0]);
  });

  test('counts what waits behind unread bytes', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 100 });
    decoder.push(Buffer.from('1\n72'));
    decoder.push(Buffer.from('\n4'));
    expect(decoder.byteLength).toBe(6);
    expect(decoder.next()).toBe(7);
    expect(decoder.byteLength).toBe(3);
    expect(decoder.rest().toString()).toBe('2\n4');
    expect(decoder.byteLength).toBe(0);
  });

  test('rest() gives a copy, and the decoder can be used again', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 100 });
    const chunk = Buffer.from('10\n{"a"');
    decoder.push(chunk);
    expect(decoder.next()).toBeUndefined();
    const rest = decoder.rest();
    chunk.fill(0);
    expect(rest.toString()).toBe('10\n{"a"');
    decoder.push(encodeMessage('b'));
    expect(decoder.next()).toBe('b');
  });
});

function drainOne(decoder: ReturnType<typeof createMessageDecoder>): Outcome[] {
  const one = Object.create(decoder) as typeof decoder;
  let calls = 0;
  one.next = () => (calls++ === 0 ? decoder.next() : undefined);
  return drain(one);
}
