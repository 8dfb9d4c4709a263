import { createMessageDecoder, decodePayload, encodeJson, encodeMessage, type MessageError } from '@verb-tcp/socket/message';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, drain, vectors, type Outcome } from './decoding.js';
import { settings } from './property.js';

const good = Buffer.from(encodeMessage('good'));

describe('a payload taken as it came', () => {
  test('decodes later to the same message', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 1000 });
    for (const { bytes } of vectors.json) decoder.push(Buffer.from(bytes, 'hex'));
    const payloads = vectors.json.map(() => decoder.nextPayload() as Buffer);
    expect(decoder.nextPayload()).toBeUndefined();
    expect(payloads.map(decodePayload)).toEqual(vectors.json.map(({ message }) => message));
  });

  test('is a view where it lies in one chunk, and a copy where it spans', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 1000 });
    const chunk = Buffer.from(new ArrayBuffer(good.length));
    good.copy(chunk);
    decoder.push(chunk);
    expect(decoder.nextPayload()?.buffer).toBe(chunk.buffer);
    decoder.push(chunk.subarray(0, 4));
    expect(decoder.nextPayload()).toBeUndefined();
    decoder.push(chunk.subarray(4));
    const payload = decoder.nextPayload();
    expect(payload?.toString()).toBe('"good"');
    expect(payload?.buffer).not.toBe(chunk.buffer);
  });

  test('is not judged: what is wrong with it shows when it is decoded', () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 1000 });
    decoder.push(Buffer.from('3\n{a}4\n"\xff\xfe"0\n', 'latin1'));
    const codes = [0, 1, 2].map(() => codeOf(decoder.nextPayload() as Buffer));
    expect(codes).toEqual(['ERR_FRAME_INVALID_JSON', 'ERR_FRAME_INVALID_UTF8', 'ERR_FRAME_INVALID_JSON']);
    expect(decoder.isInsideMessage).toBe(false);
  });

  test('may be taken in turn with messages, for any chunking', () => {
    const messages = fc.array(fc.jsonValue({ stringUnit: 'binary' }), { maxLength: 12 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(300)), fc.infiniteStream(fc.boolean()), (values, places, asPayload) => {
        const jsons = values.map((value) => JSON.stringify(value));
        const bytes = Buffer.concat(jsons.map(encodeJson));
        const decoder = createMessageDecoder({ maxMessageBytes: 100_000 });
        const seen: string[] = [];
        const take = (): string | undefined => {
          if (asPayload.next().value) return decoder.nextPayload()?.toString();
          const message = decoder.next();
          return message === undefined ? undefined : JSON.stringify(message);
        };
        for (const chunk of cut(bytes, places)) {
          decoder.push(chunk);
          for (let json; (json = take()) !== undefined; ) seen.push(json);
        }
        expect(seen).toEqual(jsons);
      }),
      settings,
    );
  });
});

describe('a bad header behind payloads', () => {
  const fatal = vectors.jsonBadHeaders.filter(({ code }) => !code.startsWith('ERR_FRAME_INVALID_'));

  test.each(fatal)('$bytes blocks them and keeps its bytes for rest(), for every cut', ({ bytes, code }) => {
    const bad = Buffer.from(bytes, 'hex');
    const input = Buffer.concat([good, bad, good]);
    for (let at = 0; at <= input.length; at++) {
      const decoder = createMessageDecoder({ maxMessageBytes: 1024 * 1024 });
      const [first, second] = cut(input, [at]) as [Uint8Array, Uint8Array];
      decoder.push(first);
      const payloads = [decoder.nextPayload()];
      decoder.push(second);
      payloads.push(decoder.nextPayload(), decoder.nextPayload());
      expect(payloads.filter((payload) => payload !== undefined).map(String)).toEqual(['"good"']);
      expect(decoder.isBlocked, `cut at ${at}`).toBe(true);
      expect(decoder.rest().equals(Buffer.concat([bad, good])), `cut at ${at}`).toBe(true);
      expect(decoder.isBlocked).toBe(false);
      decoder.push(bad);
      expect(decoder.nextPayload()).toBeUndefined();
      expect(drain(decoder)).toEqual<Outcome[]>([{ code }]);
      expect(decoder).toMatchObject({ isBlocked: false, byteLength: 0 });
    }
  });
});

function codeOf(payload: Buffer): string {
  try {
    decodePayload(payload);
  } catch (error) {
    return (error as MessageError).code;
  }
  throw new Error('this payload is good');
}
