import { readFileSync } from 'node:fs';
import { everySplit, randomSplits } from '@verb-tcp/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryProtocolHandler, createDecoder, encodeFrame, type BinaryMessage } from '../src/index.js';
import { collect, connect, data, decodeAll, frame, plain, record, settled, texts } from './peers.js';
import { settings } from './property.js';

interface Vector {
  type: number;
  flags: number;
  payload: string;
  bytes: string;
}
const { binary: vectors } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as { binary: Vector[] };
const messageOf = ({ type, flags, payload }: Vector): BinaryMessage => {
  const bytes = Buffer.from(payload, 'hex');
  return { type, flags, length: bytes.length, payload: bytes };
};

/** What a handler makes of these chunks. */
function receive(chunks: readonly Uint8Array[]): BinaryMessage[] {
  const { handler, socket } = connect();
  const { messages, errors } = record(handler);
  for (const chunk of chunks) handler.handleBinaryData(chunk);
  socket.destroy();
  expect(errors).toEqual([]);
  return messages;
}

describe('every golden vector', () => {
  it.each(vectors)('$bytes is decoded whole, cut at each place and byte by byte', (vector) => {
    const expected = [messageOf(vector)];
    everySplit(Buffer.from(vector.bytes, 'hex'), (chunks) => {
      expect(receive(chunks)).toEqual(expected);
      const decoder = createDecoder();
      const decoded: unknown[] = [];
      for (const chunk of chunks) {
        decoder.push(chunk);
        for (let message = decoder.next(); message !== undefined; message = decoder.next()) decoded.push(message);
      }
      expect(decoded).toEqual(expected);
    });
  });

  it.each(vectors)('$bytes is what is encoded and sent', async (vector) => {
    const payload = Buffer.from(vector.payload, 'hex');
    expect(encodeFrame(vector.type, payload, vector.flags).toString('hex')).toBe(vector.bytes);
    for (const copyBelowBytes of [0, 4096]) {
      const { handler, socket, peer } = connect({ copyBelowBytes });
      const chunks = collect(peer);
      expect(handler.sendBinaryMessage(vector.type, payload, vector.flags)).toBe(true);
      await settled();
      expect(Buffer.concat(chunks).toString('hex')).toBe(vector.bytes);
      socket.destroy();
    }
  });
});

it('all vectors in one stream are the same messages, cut at each place and byte by byte', () => {
  const bytes = Buffer.from(vectors.map((vector) => vector.bytes).join(''), 'hex');
  everySplit(bytes, (chunks) => expect(receive(chunks)).toEqual(vectors.map(messageOf)));
});

it('any messages, cut anywhere, come out the same and in order', () => {
  const uint16 = fc.nat({ max: 0xffff });
  const message = fc.record({ type: uint16, flags: uint16, payload: fc.uint8Array({ maxLength: 300 }) });
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), fc.nat({ max: 2 ** 32 - 1 }), (sent, seed) => {
      const bytes = Buffer.concat(sent.map(({ type, payload, flags }) => frame(type, payload, flags)));
      const expected = plain(sent.map(({ type, payload, flags }) => ({ type, length: payload.length, flags, payload: Buffer.from(payload) })));
      randomSplits(bytes, seed, 3, (chunks) => expect(plain(receive(chunks))).toEqual(expected));
    }),
    settings,
  );
});

it('what is sent comes out of another handler, by copy or by reference, however the bytes are cut on the way', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { handler, socket, peer } = connect({ copyBelowBytes: seed * 100 }, { seed });
    const received = record(new BinaryProtocolHandler(peer));
    const scratch = Buffer.alloc(200 * 37);
    for (let index = 0; index < 200; index++) {
      // Once it has settled, bytes by reference may be used again.
      await handler.send(0x10, scratch.subarray(0, index * 37).fill(index), index);
    }
    socket.end();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received.messages).toHaveLength(200);
    for (const [index, { payload, flags }] of received.messages.entries()) {
      expect(flags).toBe(index);
      expect(payload.equals(Buffer.alloc(index * 37, index)), `seed ${seed}, message ${index}`).toBe(true);
    }
  }
});

it('messages of one turn leave joined, in order with the writes and the end of others', async () => {
  const { handler, socket, peer } = connect();
  const chunks = collect(peer);
  handler.sendBinaryMessage(0x10, Buffer.from('1'));
  socket.write(data('2'));
  handler.sendBinaryMessage(0x10, Buffer.alloc(100_000, '3'));
  handler.sendBinaryMessage(0x10, Buffer.from('4'));
  socket.end(data('5'));
  await settled();
  expect(texts(decodeAll(...chunks))).toEqual(['1', '2', '3'.repeat(100_000), '4', '5']);
});

it('short payloads may be used again at once, and bytes that were sent never change', async () => {
  const { handler, socket, peer } = connect({}, { highWaterMarkBytes: 2 ** 24 });
  peer.pause();
  const scratch = Buffer.alloc(4095);
  for (let index = 0; index < 2000; index++) {
    scratch.fill(index % 251);
    handler.sendBinaryMessage(0x10, scratch.subarray(0, index * 2), index);
    if (index % 500 === 0) await settled();
  }
  const chunks = collect(peer);
  peer.resume();
  socket.end();
  await new Promise((resolve) => peer.once('end', resolve));
  const messages = decodeAll(...chunks);
  expect(messages).toHaveLength(2000);
  for (const [index, { payload, flags }] of messages.entries()) {
    expect(flags).toBe(index);
    expect(payload.equals(Buffer.alloc(index * 2, index % 251)), `message ${index}`).toBe(true);
  }
});
