import { readFileSync } from 'node:fs';
import { everySplit, randomSplits } from '@verb-tcp/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageHandler } from '../src/index.js';
import { collect, connect, decodeAll, frames, record, settled } from './peers.js';
import { settings } from './property.js';

interface Vector {
  message: unknown;
  bytes: string;
}
const vectors = (JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as { json: Vector[] }).json;

/** What a handler makes of these chunks. */
function receive(chunks: Buffer[]): unknown[] {
  const { handler, socket } = connect();
  const { messages, errors } = record(handler);
  for (const chunk of chunks) handler.handleData(chunk);
  socket.destroy();
  expect(errors).toEqual([]);
  return messages;
}

describe('every golden vector', () => {
  it.each(vectors)('$bytes is decoded whole, cut at each place and byte by byte', ({ message, bytes }) => {
    everySplit(Buffer.from(bytes, 'hex'), (chunks) => expect(receive(chunks)).toEqual([message]));
  });

  it.each(vectors)('$bytes is what sendMessage writes', async ({ message, bytes }) => {
    const { handler, socket, peer } = connect();
    const chunks = collect(peer);
    expect(handler.sendMessage(message)).toBe(true);
    await settled();
    expect(Buffer.concat(chunks).toString('hex')).toBe(bytes);
    socket.destroy();
  });
});

it('many messages in one chunk, and one message over many chunks, are the same messages', () => {
  const messages = vectors.map(({ message }) => message);
  everySplit(frames(...messages), (chunks) => expect(receive(chunks)).toEqual(messages));
});

it('characters of two and four bytes survive a cut inside them', () => {
  const messages = [{ 'é': 'é' }, '😀', { '😀': ['é', '😀é'] }];
  everySplit(frames(...messages), (chunks) => expect(receive(chunks)).toEqual(messages));
});

it('what is sent comes out of another handler, however the bytes are cut on the way', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { handler, socket, peer } = connect({}, { seed });
    const received = record(new MessageHandler(peer));
    const sent = Array.from({ length: 300 }, (_, index) => ({ index, text: 'é😀'.repeat(index) }));
    for (const message of sent) await handler.send(message);
    socket.end();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received.messages, `seed ${seed}`).toEqual(sent);
    expect(received.errors, `seed ${seed}`).toEqual([]);
  }
});

it('any JSON values, cut anywhere, come out the same and in order', () => {
  const values = fc.array(fc.jsonValue(), { maxLength: 12 });
  fc.assert(
    fc.property(values, fc.nat({ max: 2 ** 32 - 1 }), (messages, seed) => {
      // What JSON makes of them: -0 becomes 0.
      const expected = messages.map((message) => JSON.parse(JSON.stringify(message)) as unknown);
      const bytes = frames(...messages);
      if (bytes.length > 0) randomSplits(bytes, seed, 3, (chunks) => expect(receive(chunks)).toEqual(expected));
    }),
    settings,
  );
});

it('messages sent in one turn leave joined, in order, as the same bytes', async () => {
  const { handler, socket, peer } = connect();
  const chunks = collect(peer);
  const sent = Array.from({ length: 500 }, (_, index) => ({ index }));
  for (const message of sent) handler.sendMessage(message);
  await settled();
  expect(decodeAll(...chunks)).toEqual(sent);
  expect(chunks.length).toBe(1);
  socket.destroy();
});

it('messages keep their order with what others write to the same socket', async () => {
  const { handler, socket, peer } = connect();
  const chunks = collect(peer);
  handler.sendMessage(1);
  socket.write(frames(2));
  handler.sendMessage('x'.repeat(100_000));
  handler.sendMessage(4);
  socket.end(frames(5));
  await settled();
  expect(decodeAll(...chunks)).toEqual([1, 2, 'x'.repeat(100_000), 4, 5]);
});

it('bytes that were sent never change, however many messages follow', async () => {
  const { handler, socket, peer } = connect({ maxMessageBytes: 2 ** 24 }, { highWaterMarkBytes: 2 ** 24 });
  const sent = Array.from({ length: 5000 }, (_, index) => ({ index, pad: '·'.repeat(index % 200) }));
  // Nobody reads yet: everything waits in the socket.
  peer.pause();
  for (const [index, message] of sent.entries()) {
    handler.sendMessage(message);
    if (index % 500 === 0) await settled();
  }
  const chunks = collect(peer);
  peer.resume();
  socket.end();
  await new Promise((resolve) => peer.once('end', resolve));
  expect(decodeAll(...chunks)).toEqual(sent);
});
