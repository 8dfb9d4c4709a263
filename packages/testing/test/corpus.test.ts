import { createMessageDecoder, looksLike } from '@verb-tcp/socket/message';
import { expect, test } from 'vitest';
import { corpus, everySplit } from '../src/index.js';

const MAX_MESSAGE_BYTES = 1024 * 1024;

/** The codes and messages that the decoder of `@verb-tcp/socket` answers, up to the first error. */
function decode(chunks: Uint8Array[]): { messages: number; code: string | undefined; inside: boolean } {
  const decoder = createMessageDecoder({ maxMessageBytes: MAX_MESSAGE_BYTES });
  let messages = 0;
  for (const chunk of chunks) {
    decoder.push(chunk);
    try {
      while (decoder.next() !== undefined) messages++;
    } catch (error) {
      return { messages, code: (error as { code: string }).code, inside: false };
    }
  }
  return { messages, code: undefined, inside: decoder.isInsideMessage };
}

test('every JSON entry is refused with its code, however it is cut', () => {
  for (const { bytes, code, messagesBefore } of corpus.json) {
    everySplit(bytes, (chunks) => expect(decode(chunks)).toMatchObject({ code, messages: messagesBefore }));
  }
});

test('every truncated JSON entry leaves a message begun', () => {
  for (const { bytes } of corpus.jsonTruncated) {
    everySplit(bytes, (chunks) => expect(decode(chunks)).toMatchObject({ code: undefined, inside: true }));
  }
});

test('behind an entry that is not fatal the next message can be read', () => {
  for (const { bytes, code } of corpus.json.filter(({ fatal }) => !fatal)) {
    const decoder = createMessageDecoder({ maxMessageBytes: MAX_MESSAGE_BYTES });
    decoder.push(Buffer.concat([bytes, Buffer.from('8\n{"ok":1}')]));
    expect(() => decoder.next()).toThrow(expect.objectContaining({ code }));
    expect(decoder.next()).toEqual({ ok: 1 });
  }
});

test('every foreign protocol is an invalid header to a JSON decoder, and is named where it is known', () => {
  for (const entry of corpus.foreign) {
    expect([entry.name, decode([entry.bytes]).code]).toEqual([entry.name, 'ERR_FRAME_HEADER_INVALID']);
    if (entry.looksLike !== undefined) expect([entry.name, looksLike(entry.bytes)]).toEqual([entry.name, entry.looksLike]);
  }
});

test('there are at least 32 foreign protocols, and names are unique and bytes not empty', () => {
  expect(corpus.foreign.length).toBeGreaterThanOrEqual(32);
  for (const list of Object.values(corpus)) {
    const names = list.map((entry: { name: string }) => entry.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { bytes } of list) expect(bytes.length).toBeGreaterThan(0);
  }
});

test('every binary entry breaks the rule that its code stands for', () => {
  for (const { name, bytes, code, knownTypes, knownFlags } of corpus.binary) {
    const [type, length, flags] = [bytes.readUInt16BE(0), bytes.readUInt32BE(2), bytes.readUInt16BE(6)];
    const broken = {
      ERR_FRAME_TOO_LARGE: length > MAX_MESSAGE_BYTES,
      ERR_FRAME_UNKNOWN_TYPE: knownTypes?.includes(type) === false,
      ERR_FRAME_RESERVED_FLAGS: knownFlags !== undefined && (flags & ~knownFlags) !== 0,
    };
    const codes = Object.entries(broken).filter(([, isBroken]) => isBroken);
    expect([name, codes]).toEqual([name, [[code, true]]]);
  }
});

test('every truncated binary entry is the beginning of one good message', () => {
  for (const { name, bytes } of corpus.binaryTruncated) {
    const isWhole = bytes.length >= 8 && bytes.length >= 8 + bytes.readUInt32BE(2);
    expect([name, isWhole]).toEqual([name, false]);
  }
});
