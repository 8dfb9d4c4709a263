import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FrameError } from '../src/index.js';
import { connect, frame, frames, record } from './peers.js';

const begun = Buffer.from('10\n"abc');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a message that was begun', () => {
  it.each([
    { what: 'its first digit', bytes: Buffer.from('1'), allowance: 10_000 },
    { what: 'its header', bytes: Buffer.from('10\n'), allowance: 10_001 },
    { what: 'a header of 16 KiB', bytes: Buffer.from('16384\n'), allowance: 11_000 },
    { what: 'a header of 1 MiB', bytes: Buffer.from('1048576\n'), allowance: 74_000 },
  ])('by $what has $allowance ms', ({ bytes, allowance }) => {
    const { handler, socket } = connect();
    const { errors } = record(handler);
    handler.handleData(bytes);
    vi.advanceTimersByTime(allowance - 1);
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT' })]);
    socket.destroy();
  });

  it('is not put off by bytes that drip', () => {
    const { handler } = connect({ messageTimeout: 1000 });
    const { errors } = record(handler);
    handler.handleData(Buffer.from('1000\n'));
    for (let second = 0; second < 10; second++) {
      handler.handleData(Buffer.from('x'));
      vi.advanceTimersByTime(100);
    }
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT', declaredBytes: 1000, receivedBytes: 10 })]);
  });

  it('is not put off by a header that drips', () => {
    const { handler } = connect({ messageTimeout: 1000 });
    const { errors } = record(handler);
    handler.handleData(Buffer.from('1'));
    vi.advanceTimersByTime(900);
    handler.handleData(Buffer.from('6\n'));
    vi.advanceTimersByTime(99);
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(4);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT', declaredBytes: 16 })]);
  });

  it('has its own time, not that of the one before it', () => {
    const { handler, socket } = connect({ messageTimeout: 1000 });
    const { errors, messages } = record(handler);
    const message = frames('0123456789');
    handler.handleData(message.subarray(0, 5));
    for (let count = 0; count < 20; count++) {
      vi.advanceTimersByTime(900);
      handler.handleData(Buffer.concat([message.subarray(5), message.subarray(0, 5)]));
    }
    expect(errors).toEqual([]);
    expect(messages).toHaveLength(20);
    handler.handleData(message.subarray(5));
    vi.advanceTimersByTime(1_000_000);
    expect(errors).toEqual([]);
    socket.destroy();
  });

  it('has its own time also where the one before it was bad and skipped', () => {
    const { handler, socket } = connect({ messageTimeout: 1000, onInvalid: 'skip' });
    const { errors } = record(handler);
    const bad = frame('{{{{{{{');
    handler.handleData(bad.subarray(0, 5));
    for (let count = 0; count < 3; count++) {
      vi.advanceTimersByTime(900);
      handler.handleData(Buffer.concat([bad.subarray(5), bad.subarray(0, 5)]));
    }
    expect(errors.map((error) => (error as FrameError).code)).toEqual(Array(3).fill('ERR_FRAME_INVALID_JSON'));
    socket.destroy();
  });

  it('does not run out while we hold the socket', async () => {
    const { handler, socket } = connect({ messageTimeout: 1000 });
    const errors: Error[] = [];
    handler.on('error', (error) => errors.push(error));
    handler.handleData(Buffer.concat([frames(...Array.from({ length: 64 }, () => 1)), begun]));
    expect(socket.isPaused()).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(errors).toEqual([]);
    const iterator = handler[Symbol.asyncIterator]();
    for (let count = 0; count < 64; count++) await iterator.next();
    void iterator.next().catch(() => {});
    expect(socket.isPaused()).toBe(false);
    vi.advanceTimersByTime(999);
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(3);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT' })]);
  });

  it('gets its whole time again where others paused the socket', () => {
    const { handler, socket } = connect({ messageTimeout: 1000 });
    const { errors } = record(handler);
    handler.handleData(begun);
    socket.pause();
    vi.advanceTimersByTime(5000);
    expect(errors).toEqual([]);
    socket.resume();
    vi.advanceTimersByTime(1002);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT' })]);
  });

  it.each([0, Infinity])('has all the time there is with messageTimeout %s', (messageTimeout) => {
    const { handler, socket } = connect({ messageTimeout });
    const { errors } = record(handler);
    handler.handleData(begun);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000_000_000);
    expect(errors).toEqual([]);
    socket.destroy();
  });
});

describe('the timer', () => {
  it('is one for all connections, and each ends at its own time', () => {
    const order: number[] = [];
    const connections = [3000, 1000, 2000].map((messageTimeout) => {
      const connection = connect({ messageTimeout });
      connection.handler.on('error', () => order.push(messageTimeout));
      connection.handler.handleData(begun);
      return connection;
    });
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1002);
    expect(order).toEqual([1000]);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2002);
    expect(order).toEqual([1000, 2000, 3000]);
    expect(vi.getTimerCount()).toBe(0);
    for (const { socket } of connections) socket.destroy();
  });

  it('does not exist for messages that arrive whole', () => {
    const { handler, socket } = connect();
    record(handler);
    for (let count = 0; count < 100; count++) handler.handleData(frame('"abc"'));
    expect(vi.getTimerCount()).toBe(0);
    socket.destroy();
  });

  it('is gone when the connection is', async () => {
    const { handler, socket } = connect();
    const closing = new Promise<void>((resolve) => handler.once('close', resolve));
    handler.handleData(begun);
    expect(vi.getTimerCount()).toBe(1);
    socket.destroy();
    await closing;
    expect(vi.getTimerCount()).toBe(0);
    const { handler: other, socket: left } = connect();
    other.handleData(begun);
    other.detach();
    expect(vi.getTimerCount()).toBe(0);
    left.destroy();
  });

  it('is armed again after a fake clock went away with it', () => {
    const first = connect({ messageTimeout: 50 });
    first.handler.handleData(begun);
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], now: 0 });
    const { handler } = connect({ messageTimeout: 20 });
    const { errors } = record(handler);
    vi.advanceTimersByTime(5000);
    handler.handleData(begun);
    vi.advanceTimersByTime(30);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT' })]);
    first.socket.destroy();
  });
});
