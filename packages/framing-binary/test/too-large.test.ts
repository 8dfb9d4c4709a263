import { describe, expect, it } from 'vitest';
import { createDecoder, encodeFrame } from '../src/index.js';
import { collect, connect, decodeAll, frame, plain, record, settled } from './peers.js';

describe('a payload from the peer', () => {
  it.each([
    { bytes: 0, isRefused: false },
    { bytes: 1, isRefused: false },
    { bytes: 99, isRefused: false },
    { bytes: 100, isRefused: false },
    { bytes: 101, isRefused: true },
    { bytes: 2 ** 24, isRefused: true },
    { bytes: 2 ** 31 - 1, isRefused: true },
    { bytes: 2 ** 31, isRefused: true },
    { bytes: 2 ** 32 - 1, isRefused: true },
  ])('of $bytes bytes with a limit of 100: refused $isRefused', ({ bytes, isRefused }) => {
    const { handler, socket } = connect({ maxPayloadBytes: 100 });
    const { messages, errors } = record(handler);
    handler.handleBinaryData(isRefused ? frame(0x10, '', 0, bytes) : frame(0x10, Buffer.alloc(bytes)));
    expect(messages.map(({ length }) => length)).toEqual(isRefused ? [] : [bytes]);
    expect(errors).toEqual(
      isRefused ? [expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE', declaredBytes: bytes, limitBytes: 100 })] : [],
    );
    socket.destroy();
  });

  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('of %s bytes passes the header where the limit is as high', (length) => {
    const decoder = createDecoder({ maxPayloadBytes: 2 ** 32 - 1 });
    decoder.push(frame(0x10, 'begun', 0, length));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.declaredBytes).toBe(length);
    expect(decoder.receivedBytes).toBe(5);
    expect(decoder.rest()).toEqual(frame(0x10, 'begun', 0, length));
  });

  it('is refused at the eighth byte of its header, not before', () => {
    const { handler } = connect();
    const { errors } = record(handler);
    const header = frame(0x10, '', 0, 2 ** 20 + 1);
    handler.handleBinaryData(header.subarray(0, 7));
    expect(errors).toEqual([]);
    handler.handleBinaryData(header.subarray(7));
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE', declaredBytes: 2 ** 20 + 1 })]);
  });

  it('of exactly 1 MiB passes by default, in one chunk and in many', () => {
    for (const size of [2 ** 21, 65_536, 1460]) {
      const { handler, socket } = connect();
      const { messages } = record(handler);
      const bytes = frame(0x10, Buffer.alloc(2 ** 20, 'x'));
      for (let at = 0; at < bytes.length; at += size) handler.handleBinaryData(bytes.subarray(at, at + size));
      expect(messages.map(({ payload }) => payload.equals(Buffer.alloc(2 ** 20, 'x')))).toEqual([true]);
      socket.destroy();
    }
  });
});

describe('memory', () => {
  it('is not taken for a length that was only declared: 4 GiB, a thousand times', () => {
    const before = process.memoryUsage();
    const decoders = Array.from({ length: 1000 }, (_, index) => {
      // One half is refused at the header, the other allowed: neither may allocate.
      const decoder = createDecoder({ maxPayloadBytes: index % 2 === 0 ? 2 ** 20 : 2 ** 32 - 1 });
      decoder.push(frame(0x10, '', 0, 2 ** 32 - 1));
      if (index % 2 === 1) expect(decoder.next()).toBeUndefined();
      else expect(() => decoder.next()).toThrow(expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE' }));
      return decoder;
    });
    const after = process.memoryUsage();
    expect(decoders).toHaveLength(1000);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 20);
  });

  it('of a read is not kept by short payloads that are, and is by longer ones', () => {
    const read = Buffer.concat([frame(0x10, 'x'.repeat(4095)), frame(0x10, 'y'.repeat(4096))]);
    const decoder = createDecoder();
    decoder.push(read);
    const [short, long] = [decoder.next(), decoder.next()];
    expect(short?.payload.buffer).not.toBe(read.buffer);
    expect(short?.payload.buffer.byteLength).toBeLessThan(10_000);
    expect(long?.payload.buffer).toBe(read.buffer);
    const uncopied = createDecoder({ copyBelowBytes: 0 });
    uncopied.push(read);
    expect(uncopied.next()?.payload.buffer).toBe(read.buffer);
  });
});

describe('a payload of ours', () => {
  it.each([
    { bytes: 99, isRefused: false },
    { bytes: 100, isRefused: false },
    { bytes: 101, isRefused: true },
  ])('of $bytes bytes with a limit of 100: refused $isRefused', async ({ bytes, isRefused }) => {
    const { handler, socket, peer } = connect({ maxPayloadBytes: 100 });
    const chunks = collect(peer);
    const send = (): boolean => handler.sendBinaryMessage(0x10, Buffer.alloc(bytes));
    const error = expect.objectContaining({ code: 'ERR_FRAME_TOO_LARGE', declaredBytes: bytes, limitBytes: 100 }) as Error;
    if (isRefused) expect(send).toThrow(error);
    else expect(send()).toBe(true);
    if (isRefused) await expect(handler.send(0x10, Buffer.alloc(bytes))).rejects.toEqual(error);
    // What was refused left nothing behind.
    handler.sendBinaryMessage(0x10, Buffer.from('next'));
    await settled();
    expect(decodeAll(...chunks).map(({ length }) => length)).toEqual(isRefused ? [4] : [bytes, 4]);
    socket.destroy();
  });

  it('of every size, copied or by reference, arrives whole', async () => {
    const { handler, socket, peer } = connect({}, { highWaterMarkBytes: 2 ** 22 });
    const chunks = collect(peer);
    const sizes = [0, 1, 7, 8, 9, 255, 256, 4087, 4088, 4095, 4096, 4097, 8184, 8185, 65_527, 65_528, 65_535, 65_536, 300_000];
    for (const [index, size] of sizes.entries()) handler.sendBinaryMessage(index, Buffer.alloc(size, index), 0xffff - index);
    socket.end();
    await new Promise((resolve) => peer.once('end', resolve));
    expect(plain(decodeAll(...chunks))).toEqual(
      sizes.map((length, type) => ({ type, length, flags: 0xffff - type, text: String.fromCharCode(type).repeat(length) })),
    );
  });

  it.each([
    [-1, 0],
    [65_536, 0],
    [1.5, 0],
    [NaN, 0],
    ['16', 0],
    [16, -1],
    [16, 65_536],
    [16, 0.5],
  ])('with the type %s and the flags %s is a RangeError, also of encodeFrame', async (type, flags) => {
    const { handler, socket } = connect();
    expect(() => handler.sendBinaryMessage(type as number, Buffer.alloc(0), flags)).toThrow(RangeError);
    expect(() => encodeFrame(type as number, Buffer.alloc(0), flags)).toThrow(/must be an integer from 0 to 65535, got/);
    await expect(handler.send(type as number, Buffer.alloc(0), flags)).rejects.toThrow(RangeError);
    expect(socket.bytesWritten).toBe(0);
    socket.destroy();
  });

  it.each<unknown>(['text', undefined, null, [1, 2], 5, new Uint16Array(2)])('that is %j is a TypeError', (payload) => {
    const { handler, socket } = connect();
    expect(() => handler.sendBinaryMessage(0x10, payload as Uint8Array)).toThrow('payload must be a Uint8Array');
    expect(() => encodeFrame(0x10, payload as Uint8Array)).toThrow(TypeError);
    socket.destroy();
  });
});
