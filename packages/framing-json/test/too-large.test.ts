import { describe, expect, it } from 'vitest';
import { collect, connect, decodeAll, frame, frames, record, settled } from './peers.js';

/** A JSON string whose payload is exactly this many bytes. */
function ofBytes(bytes: number): string {
  return 'x'.repeat(bytes - 2);
}

describe('a message from the peer', () => {
  it.each([
    { bytes: 3, isRefused: false },
    { bytes: 99, isRefused: false },
    { bytes: 100, isRefused: false },
    { bytes: 101, isRefused: true },
    { bytes: 1000, isRefused: true },
  ])('of $bytes bytes with a limit of 100: refused $isRefused', ({ bytes, isRefused }) => {
    const { handler, socket } = connect({ maxMessageBytes: 100 });
    const { messages, errors } = record(handler);
    handler.handleData(frames(ofBytes(bytes)));
    expect(messages).toEqual(isRefused ? [] : [ofBytes(bytes)]);
    expect(errors).toEqual(
      isRefused ? [expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE', declaredBytes: bytes, limitBytes: 100 })] : [],
    );
    socket.destroy();
  });

  it('of no bytes is no JSON, and of one byte is a number', () => {
    const { handler, socket } = connect({ maxMessageBytes: 1, onInvalid: 'skip' });
    const { messages, errors } = record(handler);
    handler.handleData(Buffer.concat([frame(''), frame('7')]));
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_INVALID_JSON' })]);
    expect(messages).toEqual([7]);
    socket.destroy();
  });

  it('is refused at its header, before any of its bytes', () => {
    const { handler } = connect();
    const { errors } = record(handler);
    handler.handleData(Buffer.from('1048577'));
    expect(errors).toEqual([]);
    handler.handleData(Buffer.from('\n'));
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE', declaredBytes: 1_048_577 })]);
  });

  it('of exactly 1 MiB passes by default', () => {
    const { handler, socket } = connect();
    const { messages } = record(handler);
    handler.handleData(frames(ofBytes(1024 * 1024)));
    expect(messages).toHaveLength(1);
    socket.destroy();
  });
});

describe('a message of ours', () => {
  it.each([
    { text: ofBytes(99), isRefused: false },
    { text: ofBytes(100), isRefused: false },
    { text: ofBytes(101), isRefused: true },
    { text: 'é'.repeat(49), isRefused: false },
    { text: 'é'.repeat(50), isRefused: true },
    { text: '😀'.repeat(24), isRefused: false },
    { text: '😀'.repeat(25), isRefused: true },
  ])('"$text" with a limit of 100 bytes: refused $isRefused', async ({ text, isRefused }) => {
    const { handler, socket, peer } = connect({ maxMessageBytes: 100 });
    const chunks = collect(peer);
    const send = (): boolean => handler.sendMessage(text);
    const declaredBytes = Buffer.byteLength(text) + 2;
    if (!isRefused) expect(send()).toBe(true);
    else expect(send).toThrow(expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE', declaredBytes, limitBytes: 100 }));
    // What was refused left nothing behind.
    handler.sendMessage('next');
    await settled();
    expect(decodeAll(...chunks)).toEqual(isRefused ? ['next'] : [text, 'next']);
    socket.destroy();
  });

  it('of every size, as text or as bytes on its way, arrives whole', async () => {
    const { handler, socket, peer } = connect({}, { highWaterMarkBytes: 2 ** 22 });
    const chunks = collect(peer);
    const sizes = [3, 9, 10, 11, 99, 100, 999, 1000, 4095, 4096, 4097, 16_383, 16_384, 65_535, 65_536, 65_537, 300_000];
    const sent = sizes.flatMap((size) => [ofBytes(size), 'é'.repeat(size / 2), { size }]);
    for (const message of sent) handler.sendMessage(message);
    socket.end();
    await new Promise((resolve) => peer.once('end', resolve));
    expect(decodeAll(...chunks)).toEqual(sent);
  });
});
