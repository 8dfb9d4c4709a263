import { corpus, everySplit } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import type { BinaryProtocolOptions, FrameError } from '../src/index.js';
import { closed, connect, data, frame, record, settled, texts } from './peers.js';

function optionsOf({ knownTypes, knownFlags }: { knownTypes?: readonly number[]; knownFlags?: number }): BinaryProtocolOptions {
  return { knownTypes, knownFlags };
}

describe('bad bytes end the connection', () => {
  it.each(corpus.binary)('$name is $code, cut anywhere', (entry) => {
    everySplit(entry.bytes, (chunks) => {
      const { handler, socket } = connect(optionsOf(entry));
      const { messages, errors } = record(handler);
      for (const chunk of chunks) handler.handleBinaryData(chunk);
      expect(messages).toEqual([]);
      expect(errors).toEqual([expect.objectContaining({ name: 'FrameError', code: entry.code })]);
      socket.destroy();
    });
  });

  it.each(corpus.binaryTruncated)('$name is $code when the peer ends', async ({ bytes, code }) => {
    const { handler, peer } = connect();
    const recorded = record(handler);
    peer.end(bytes);
    await closed(handler, recorded);
    expect(recorded.errors).toEqual([expect.objectContaining({ code })]);
    expect(recorded.events).toEqual(['error', 'close']);
  });

  it('and the messages before them are given, whatever stands behind', async () => {
    const { handler, peer } = connect();
    const recorded = record(handler);
    peer.write(Buffer.concat([data('1', '2'), frame(0x10, '', 0, 2 ** 32 - 1), data('3')]));
    await closed(handler, recorded);
    expect(texts(recorded.messages)).toEqual(['1', '2']);
    expect(recorded.events).toEqual(['message', 'data', 'message', 'data', 'error', 'close']);
  });
});

describe('other protocols', () => {
  it.each(corpus.foreign)('$name never throws, and is named where it is known', async ({ bytes, looksLike }) => {
    const { handler, socket, peer } = connect();
    const recorded = record(handler);
    peer.end(bytes);
    await closed(handler, recorded);
    const [error] = recorded.errors as FrameError[];
    if (error?.code === 'ERR_FRAME_TOO_LARGE') {
      if (looksLike === undefined) return;
      expect(error.looksLike).toBe(looksLike);
      expect(error.message).toContain(`this looks like ${looksLike}`);
    } else {
      // Too short for a header, or by chance the header of a message that never ends.
      expect([undefined, 'ERR_FRAME_TRUNCATED']).toContain(error?.code);
      expect(['http', 'http2', 'tls', 'ssh', 'proxy']).not.toContain(looksLike);
    }
    socket.destroy();
  });
});

describe('knownTypes and knownFlags', () => {
  it('let heartbeats through, whatever they say', async () => {
    const { handler, socket, peer } = connect({ knownTypes: [0x10], knownFlags: 0 });
    const { events, errors } = record(handler);
    peer.write(Buffer.concat([frame(1), frame(2, 'pong'), data('x')]));
    await settled();
    expect(errors).toEqual([]);
    expect(events).toEqual(['message', 'heartbeat', 'message', 'pong', 'message', 'data']);
    socket.destroy();
  });

  it('hold for what is sent too: it throws, and nothing is written', async () => {
    const { handler, socket } = connect({ knownTypes: [0x10], knownFlags: 0b101 });
    expect(handler.sendBinaryMessage(0x10, Buffer.alloc(0), 0b101)).toBe(true);
    const written = socket.bytesWritten;
    expect(() => handler.sendBinaryMessage(0x11, Buffer.alloc(0))).toThrow(expect.objectContaining({ code: 'ERR_FRAME_UNKNOWN_TYPE' }));
    expect(() => handler.sendBinaryMessage(0x10, Buffer.alloc(0), 0b111)).toThrow(
      expect.objectContaining({ code: 'ERR_FRAME_RESERVED_FLAGS', message: expect.stringContaining('0x0005') as string }),
    );
    await expect(handler.send(0x11, Buffer.alloc(0))).rejects.toMatchObject({ code: 'ERR_FRAME_UNKNOWN_TYPE' });
    expect(socket.bytesWritten).toBe(written);
    socket.destroy();
  });
});

describe('a socket that gives text', () => {
  it.each(['utf8', 'latin1', 'hex'] as const)('as %s is refused by the constructor', (encoding) => {
    const { socket, handler } = connect();
    handler.detach();
    socket.setEncoding(encoding);
    const Handler = handler.constructor as new (of: unknown) => unknown;
    expect(() => new Handler(socket)).toThrow(expect.objectContaining({ code: 'ERR_FRAME_TEXT_MODE' }));
    for (const event of ['data', 'error', 'close'] as const) expect(socket.listenerCount(event)).toBe(0);
    socket.destroy();
  });

  it('from later on ends the connection at its first bytes', async () => {
    const { handler, socket, peer } = connect();
    const recorded = record(handler);
    socket.setEncoding('utf8');
    peer.write(data('x'));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'close']);
    expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TEXT_MODE' })]);
  });
});
