// The queue behind every delay: order and release, whatever the clocks do.
import { afterEach, expect, test, vi } from 'vitest';
import { DelayLine, type Passage } from '../src/delay-line.js';

afterEach(() => {
  vi.useRealTimers();
});

function openLine() {
  const left: string[] = [];
  const line = new DelayLine((item: Passage) => left.push(item.toString()));
  return { line, left, push: (text: string, inMilliseconds: number) => line.push(Buffer.from(text), line.now() + inMilliseconds) };
}

test('what is due earlier than what came before it waits for that', () => {
  vi.useFakeTimers();
  const { line, left, push } = openLine();
  push('slow', 100);
  push('fast', 0);
  // A piece counts as 128 bytes at least: what a view of it costs.
  expect([left, line.heldBytes]).toEqual([[], 256]);
  vi.advanceTimersByTime(100);
  expect([left, line.heldBytes]).toEqual([['slow', 'fast'], 0]);
});

test('a long line of short pieces leaves in order, in a time that grows with its length and not with the square', () => {
  vi.useFakeTimers();
  const PIECES = 400_000;
  let left = 0;
  const line = new DelayLine((item: Passage) => {
    if ((item as Buffer).readUInt32LE() === left) left++;
  });
  const numbers = Buffer.alloc(PIECES * 4);
  for (let piece = 0; piece < PIECES; piece++) numbers.writeUInt32LE(piece, piece * 4);
  for (let piece = 0; piece < PIECES; piece++) line.push(numbers.subarray(piece * 4, piece * 4 + 4), line.now() + 10);
  const start = process.hrtime.bigint();
  vi.advanceTimersByTime(10);
  expect([left, line.heldBytes]).toEqual([PIECES, 0]);
  // Shifting an array of this length piece by piece takes a minute; this takes some 30 ms.
  expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(5000);
});

test('an item whose timer is late is not overtaken', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const { line, left, push } = openLine();
  push('first', 5);
  vi.advanceTimersByTime(50);
  push('second', 0);
  expect(left).toEqual([]);
  line.release();
  expect(left).toEqual(['first', 'second']);
});

test('a fake clock that moves timers only still lets items leave', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { left, push } = openLine();
  push('late', 60_000);
  push('later', 120_000);
  vi.advanceTimersByTime(60_000);
  expect(left).toEqual(['late']);
  vi.advanceTimersByTime(120_000);
  expect(left).toEqual(['late', 'later']);
});

test('a line that was stopped holds nothing, takes nothing and leaves no timer', () => {
  vi.useFakeTimers();
  const { line, left, push } = openLine();
  push('held', 10);
  line.stop();
  push('late', 0);
  line.release();
  expect([left, line.heldBytes, vi.getTimerCount()]).toEqual([[], 0, 0]);
});
