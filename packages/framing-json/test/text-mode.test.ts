import { everySplit, socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { MessageHandler } from '../src/index.js';
import { closed, connect, frames, record, settled } from './peers.js';

describe('a socket that gives text', () => {
  it.each(['before', 'after'])('as utf8 is fine, set %s the handler is made, cut anywhere', async (when) => {
    const sent = [{ a: 'é' }, '😀', 3];
    await everySplit(frames(...sent), async (chunks) => {
      const [peer, socket] = socketPair();
      if (when === 'before') socket.setEncoding('utf8');
      const handler = new MessageHandler(socket);
      if (when === 'after') socket.setEncoding('utf8');
      const recorded = record(handler);
      for (const chunk of chunks) {
        peer.write(chunk);
        await settled();
      }
      peer.end();
      await closed(handler, recorded);
      expect(recorded.messages).toEqual(sent);
      expect(recorded.errors).toEqual([]);
    });
  });

  it.each(['latin1', 'hex', 'base64', 'ascii', 'utf16le'] as const)('as %s is refused by the constructor', (encoding) => {
    const [, socket] = socketPair();
    socket.setEncoding(encoding);
    expect(() => new MessageHandler(socket)).toThrow(expect.objectContaining({ code: 'ERR_FRAME_TEXT_MODE' }));
    for (const event of ['data', 'error', 'close'] as const) expect(socket.listenerCount(event)).toBe(0);
    socket.destroy();
  });

  it('as latin1, set later, ends the connection at its first bytes', async () => {
    const { handler, socket, peer } = connect();
    const recorded = record(handler);
    socket.setEncoding('latin1');
    peer.write(frames(1));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'close']);
    expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TEXT_MODE' })]);
  });

  it('shows bytes that are no UTF-8 as a wrong length: the decoder of the socket has replaced them', async () => {
    const { handler, socket, peer } = connect();
    const recorded = record(handler);
    socket.setEncoding('utf8');
    peer.write(Buffer.concat([Buffer.from('4\n"'), Buffer.from([0xff, 0xfe]), Buffer.from('"'), frames(1)]));
    await closed(handler, recorded);
    expect(recorded.messages).toEqual([]);
    expect(recorded.events).toEqual(['error', 'close']);
  });
});

it('handleData takes text, as UTF-8', () => {
  const { handler, socket } = connect();
  const { messages } = record(handler);
  for (const character of frames({ a: 'é😀' }).toString()) handler.handleData(character);
  expect(messages).toEqual([{ a: 'é😀' }]);
  socket.destroy();
});

it('handleData takes text cut inside a character', () => {
  const { handler, socket } = connect();
  const { messages, errors } = record(handler);
  const text = frames({ a: 'é😀' }, '😀😀').toString();
  // Unit by unit, not character by character.
  for (let at = 0; at < text.length; at++) handler.handleData(text.charAt(at));
  expect(messages).toEqual([{ a: 'é😀' }, '😀😀']);
  expect(errors).toEqual([]);
  socket.destroy();
});
