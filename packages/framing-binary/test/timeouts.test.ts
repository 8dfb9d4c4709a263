import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connect, data, frame, record } from './peers.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([
  { what: 'its first byte', bytes: Buffer.from([0]), allowance: 10_000 },
  { what: 'its header', bytes: frame(0x10, '', 0, 10), allowance: 10_001 },
  { what: 'a header of 16 KiB', bytes: frame(0x10, '', 0, 16_384), allowance: 11_000 },
  { what: 'a header of 1 MiB', bytes: frame(0x10, '', 0, 2 ** 20), allowance: 74_000 },
])('a message begun by $what has $allowance ms', ({ bytes, allowance }) => {
  const { handler } = connect();
  const { errors } = record(handler);
  handler.handleBinaryData(bytes);
  vi.advanceTimersByTime(allowance - 1);
  expect(errors).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT' })]);
});

it('a message begun is not put off by bytes that drip', () => {
  const { handler } = connect({ messageTimeout: 1000 });
  const { errors } = record(handler);
  handler.handleBinaryData(frame(0x10, '', 0, 1000));
  for (let second = 0; second < 10; second++) {
    handler.handleBinaryData(Buffer.from('x'));
    vi.advanceTimersByTime(100);
  }
  expect(errors).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TIMEOUT', declaredBytes: 1000, receivedBytes: 10 })]);
});

it('each message has its own time, and none is running between them', () => {
  const { handler, socket } = connect({ messageTimeout: 1000 });
  const { errors, messages } = record(handler);
  const message = data('0123456789');
  handler.handleBinaryData(message.subarray(0, 5));
  for (let count = 0; count < 20; count++) {
    vi.advanceTimersByTime(900);
    handler.handleBinaryData(Buffer.concat([message.subarray(5), message.subarray(0, 5)]));
  }
  handler.handleBinaryData(message.subarray(5));
  vi.advanceTimersByTime(1_000_000);
  expect(errors).toEqual([]);
  expect(messages).toHaveLength(21);
  socket.destroy();
});

it.each([0, Infinity])('a message has all the time there is with messageTimeout %s', (messageTimeout) => {
  const { handler, socket } = connect({ messageTimeout });
  const { errors } = record(handler);
  handler.handleBinaryData(frame(0x10, '', 0, 10));
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1_000_000_000);
  expect(errors).toEqual([]);
  socket.destroy();
});
