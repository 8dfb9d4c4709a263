import { createMessageDecoder, encodeMessage } from '@verb-tcp/socket/message';
import { describe, expect, test } from 'vitest';
import { countWork } from './work-counter.js';

const MEBIBYTE = 1024 * 1024;

/** Chunks with memory of their own, as a socket gives them. */
function chunksOf(bytes: Uint8Array, chunkBytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(Buffer.from(new Uint8Array(bytes.subarray(at, at + chunkBytes)).buffer));
  }
  return chunks;
}

function copiedPerByte(bytes: Uint8Array, chunkBytes: number): number {
  const chunks = chunksOf(bytes, chunkBytes);
  const decoder = createMessageDecoder({ maxMessageBytes: 17 * MEBIBYTE });
  let messages = 0;
  const { copiedBytes } = countWork(() => {
    for (const chunk of chunks) {
      decoder.push(chunk);
      while (decoder.next() !== undefined) messages++;
    }
  });
  expect(messages).toBe(1);
  return copiedBytes / bytes.length;
}

describe('decoding', () => {
  test.each([1, 16])('a message of %d MiB in chunks of 1 460 bytes copies each byte about once', (mebibytes) => {
    const bytes = encodeMessage('x'.repeat(mebibytes * MEBIBYTE));
    expect(copiedPerByte(bytes, 1460)).toBeLessThan(1.01);
  });

  test('a message in chunks of 100 bytes copies each byte about twice', () => {
    expect(copiedPerByte(encodeMessage('x'.repeat(MEBIBYTE)), 100)).toBeLessThan(2.01);
  });

  test('messages that lie in one chunk copies nothing', () => {
    const message = Buffer.from(encodeMessage({ text: 'x'.repeat(100) }));
    const chunk = Buffer.concat(Array.from({ length: 500 }, () => message));
    const decoder = createMessageDecoder({ maxMessageBytes: MEBIBYTE });
    let messages = 0;
    const { copiedBytes } = countWork(() => {
      decoder.push(chunk);
      while (decoder.next() !== undefined) messages++;
    });
    expect(messages).toBe(500);
    expect(copiedBytes).toBe(0);
  });

  test('chunks that wait behind unread bytes copies each byte at most twice and moves no list', () => {
    const message = Buffer.from(encodeMessage({ text: 'x'.repeat(100) }));
    const stream = Buffer.concat(Array.from({ length: 5000 }, () => message));
    const decoder = createMessageDecoder({ maxMessageBytes: MEBIBYTE });
    let messages = 0;
    const work = countWork(() => {
      for (const chunk of chunksOf(stream, 10)) decoder.push(chunk);
      while (decoder.next() !== undefined) messages++;
    });
    expect(messages).toBe(5000);
    // Making the chunks copies each byte once as well.
    expect(work.copiedBytes).toBeLessThan(3.1 * stream.length);
    expect(work.movedSlots).toBeLessThan(stream.length / 1000);
  });

  test('lets the last read go once all of it is decoded', async () => {
    const decoder = createMessageDecoder({ maxMessageBytes: 100 });
    const read = decodeOneRead(decoder);
    await new Promise((resolve) => setImmediate(resolve));
    expect(globalThis.gc).toBeTypeOf('function');
    globalThis.gc?.();
    expect(read.deref()).toBeUndefined();
    expect(decoder.byteLength).toBe(0);
  });
});

/** In a function of its own, so that no local variable keeps the read. */
function decodeOneRead(decoder: ReturnType<typeof createMessageDecoder>): WeakRef<ArrayBufferLike> {
  const read = Buffer.from(new ArrayBuffer(3));
  read.set([0x31, 0x0a, 0x37]);
  decoder.push(read);
  expect([decoder.next(), decoder.next()]).toEqual([7, undefined]);
  return new WeakRef(read.buffer);
}
