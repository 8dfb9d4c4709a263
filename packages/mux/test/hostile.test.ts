// Behaviours 12 and 13: a peer that breaks the rules ends its own session, with the right code, and nothing more.
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPStreamMultiplexer, type MuxError, type StreamHandler, type TCPStreamMultiplexerOptions } from '../src/index.js';
import { settled, until } from './pairs.js';
import { HELLO, RawPeer, control, create, frame } from './wire.js';

function hostile(options: TCPStreamMultiplexerOptions = {}): { mux: TCPStreamMultiplexer; peer: RawPeer; streams: StreamHandler[]; errors: MuxError[] } {
  const [ours, theirs] = socketPair();
  const mux = new TCPStreamMultiplexer(ours, options);
  const streams: StreamHandler[] = [];
  const errors: MuxError[] = [];
  mux.on('stream', (stream) => streams.push(stream));
  mux.on('error', (error) => errors.push(error));
  return { mux, peer: new RawPeer(theirs), streams, errors };
}

const repeat = (count: number, make: (index: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
const header = (id: number, length: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(id, 0);
  bytes.writeUInt32BE(length, 4);
  return bytes;
};

describe('behaviour 13, bad bytes and floods', () => {
  it.each<[string, string, Buffer]>([
    ['a control frame of 4 GiB', 'ERR_MUX_FRAME_SIZE', header(0, 0xffffffff)],
    ['a control frame of 64 KiB and one', 'ERR_MUX_FRAME_SIZE', header(0, 65_537)],
    ['an empty control frame', 'ERR_MUX_PROTOCOL', header(0, 0)],
    ['no JSON', 'ERR_MUX_PROTOCOL', frame(0, '{')],
    ['JSON with something behind it', 'ERR_MUX_PROTOCOL', frame(0, '{"type":"ping","id":1} x')],
    ['an array', 'ERR_MUX_PROTOCOL', frame(0, '[]')],
    ['invalid UTF-8', 'ERR_MUX_PROTOCOL', frame(0, Buffer.from('7b2274797065223a22fffe227d', 'hex'))],
    ['JSON nested 9 deep', 'ERR_MUX_PROTOCOL', create(3, JSON.parse('[[[[[[[[]]]]]]]]'))],
    ['a type inherited by __proto__', 'ERR_MUX_PROTOCOL', frame(0, '{"__proto__":{"type":"ping"},"id":1}')],
    ['an id that is no integer', 'ERR_MUX_PROTOCOL', control({ type: 'stream_close', streamId: 1.5 })],
    ['an id that is text', 'ERR_MUX_PROTOCOL', control({ type: 'stream_close', streamId: '1' })],
    ['an id of 0', 'ERR_MUX_PROTOCOL', create(0)],
    ['an id over u32', 'ERR_MUX_PROTOCOL', create(2 ** 32)],
    ['metadata over 16 KiB', 'ERR_MUX_FRAME_SIZE', create(3, 'x'.repeat(16_384))],
    ['a second hello', 'ERR_MUX_PROTOCOL', control(HELLO)],
    ['a second hello_ack', 'ERR_MUX_PROTOCOL', control({ type: 'hello_ack' })],
    ['data beyond the window, before its bytes', 'ERR_MUX_FLOW_CONTROL', header(1, 262_145)],
    ['a frame of 4 GiB', 'ERR_MUX_FLOW_CONTROL', header(1, 0xffffffff)],
    ['1 200 empty frames', 'ERR_MUX_CALM', repeat(1200, () => header(1, 0))],
    ['1 200 pings', 'ERR_MUX_CALM', repeat(1200, (id) => control({ type: 'ping', id }))],
    ['1 200 grants of nothing', 'ERR_MUX_CALM', repeat(1200, () => control({ type: 'window', w: [[1, 0]] }))],
    ['101 frames for streams never opened', 'ERR_MUX_PROTOCOL', repeat(101, (at) => frame(1001 + 2 * at, 'x'))],
    ['101 messages of unknown kinds', 'ERR_MUX_PROTOCOL', repeat(101, () => control({ type: 'what' }))],
    ['3 000 opens and resets', 'ERR_MUX_CALM', repeat(3000, (at) => Buffer.concat([create(3 + 2 * at), control({ type: 'stream_reset', streamId: 3 + 2 * at, code: 8 })]))],
  ])('%s is %s', async (_, code, bytes) => {
    const { mux, peer, streams, errors } = hostile();
    peer.greet();
    await until(() => peer.of('hello_ack').length === 1);
    peer.socket.write(bytes);
    await until(() => errors.length > 0);
    expect(errors.map((error) => error.code)).toEqual([code]);
    await until(() => peer.isClosed || peer.of('goaway').length > 0);
    await until(() => streams.every(({ destroyed }) => destroyed));
    expect(mux.streams).toEqual([]);
    peer.socket.destroy();
  });

  it('late frames for closed streams are ignored, any number', async () => {
    const { mux, peer, errors } = hostile();
    peer.greet();
    await settled();
    peer.socket.write(control({ type: 'stream_reset', streamId: 1, code: 8 }));
    peer.socket.write(repeat(5000, () => frame(1, 'late')));
    peer.socket.write(repeat(100, () => control({ type: 'window', w: [[1, 1e9]] })));
    await settled(50);
    expect(errors).toEqual([]);
    mux.destroy();
  });

  it('streams over maxStreams, and those nobody takes over maxPendingStreams, are refused with 7', async () => {
    const limited = hostile({ maxStreams: 2 });
    limited.peer.greet();
    limited.peer.socket.write(Buffer.concat([create(3), create(5), create(7)]));
    await until(() => limited.peer.of('stream_reset').length === 2);
    expect(limited.peer.of('stream_reset').map(({ streamId, code }) => [streamId, code])).toEqual([[5, 7], [7, 7]]);
    expect(limited.streams.map(({ id }) => id)).toEqual([1, 3]);
    limited.mux.destroy();
    const [ours, theirs] = socketPair();
    const mux = new TCPStreamMultiplexer(ours, { maxPendingStreams: 1 });
    const peer = new RawPeer(theirs).greet();
    peer.socket.write(create(3));
    await until(() => peer.of('stream_reset').length === 1);
    expect(peer.of('stream_reset')[0]).toMatchObject({ streamId: 3, code: 7 });
    mux.destroy();
  });

  it('a type that nobody handles is refused where a handler exists', async () => {
    const [ours, theirs] = socketPair();
    const mux = new TCPStreamMultiplexer(ours).handle('other', () => {});
    const peer = new RawPeer(theirs);
    peer.socket.write(Buffer.concat([control(HELLO), create(1)]));
    await until(() => peer.of('stream_reset').length === 1);
    expect(peer.of('stream_reset')[0]).toMatchObject({ streamId: 1, code: 7 });
    mux.destroy();
  });

  it('a peer that provokes answers and reads none is cut', async () => {
    const { peer, errors } = hostile();
    peer.greet();
    await settled();
    peer.socket.pause();
    // Data fills what is on the way, so that answers wait.
    for (let round = 0; round < 40 && errors.length === 0; round++) {
      peer.socket.write(repeat(200, (id) => control({ type: 'ping', id })));
      await settled(5);
    }
    expect(errors[0]?.code).toBe('ERR_MUX_CALM');
    peer.socket.destroy();
  });
});

describe('behaviour 12, ids and roles', () => {
  it.each<[string, Buffer]>([
    ['used twice', create(1)],
    ['that falls', Buffer.concat([create(9), create(7)])],
    ['of the other parity', create(4)],
    ['of our side', create(0x80000000)],
  ])('an id %s is a protocol error', async (_, bytes) => {
    const { peer, errors } = hostile();
    peer.greet();
    await settled();
    peer.socket.write(bytes);
    await until(() => errors.length > 0);
    expect(errors[0]?.code).toBe('ERR_MUX_PROTOCOL');
    peer.socket.destroy();
  });

  it('both opening at once without a role is an error that names the option', async () => {
    const [a, b] = socketPair();
    const muxes = [new TCPStreamMultiplexer(a), new TCPStreamMultiplexer(b)];
    const errors: Error[] = [];
    for (const mux of muxes) {
      mux.on('error', (error) => errors.push(error));
      mux.openStream('t');
    }
    await until(() => errors.length > 0);
    expect(errors[0]?.message).toContain('`role`');
    for (const mux of muxes) mux.destroy();
  });
});
