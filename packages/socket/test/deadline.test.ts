import { Deadline } from '@verb-tcp/socket/framing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lines } from './lines.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('a deadline', () => {
  test('expires once, not before its time and not after', () => {
    const expired: number[] = [];
    const deadline = new Deadline(() => expired.push(performance.now()));
    const due = performance.now() + 100;
    deadline.set(due);
    vi.advanceTimersByTime(99);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(expired).toEqual([due]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of many, each has its own time under one timer, whatever the order they are set in', () => {
    const expired: number[] = [];
    const begun = performance.now();
    for (const after of [300, 100, 200, 100]) new Deadline(() => expired.push(after)).set(begun + after);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(150);
    expect(expired).toEqual([100, 100]);
    vi.advanceTimersByTime(150);
    expect(expired).toEqual([100, 100, 200, 300]);
  });

  test('that is due a millisecond later does not go with the one before it', () => {
    const expired: number[] = [];
    const begun = performance.now();
    for (const after of [100, 101]) new Deadline(() => expired.push(after)).set(begun + after);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual([100]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual([100, 101]);
  });

  test('that is set anew expires at its new time alone; called off, or stopped, it does not', () => {
    const expired: string[] = [];
    const begun = performance.now();
    const [late, off, stopped] = ['late', 'off', 'stopped'].map((name) => new Deadline(() => expired.push(name))) as [Deadline, Deadline, Deadline];
    for (const deadline of [late, off, stopped]) deadline.set(begun + 100);
    late.set(begun + 300);
    off.set(Infinity);
    stopped.stop();
    vi.advanceTimersByTime(299);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['late']);
  });

  test('the last one to stop takes the timer with it', () => {
    const [first, second] = [new Deadline(() => {}), new Deadline(() => {})];
    for (const deadline of [first, second]) deadline.set(performance.now() + 1000);
    first.stop();
    expect(vi.getTimerCount()).toBe(1);
    second.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('may be set anew when it expires, and no timer takes Infinity, or more than it can', () => {
    let count = 0;
    const deadline: Deadline = new Deadline(() => ++count < 3 && deadline.set(performance.now() + 10));
    deadline.set(performance.now() + 10);
    vi.advanceTimersByTime(100);
    expect(count).toBe(3);
    const far = new Deadline(() => count++);
    far.set(performance.now() + 2 ** 32);
    vi.advanceTimersByTime(2 ** 31);
    expect(count).toBe(3);
    vi.advanceTimersByTime(2 ** 31);
    expect(count).toBe(4);
  });
});

describe('a message that was begun', () => {
  test('and is not finished in time ends the connection; more of it gives no more time', () => {
    const { connection, events } = lines({ messageTimeout: 1000 });
    connection.push(Buffer.from('be'));
    vi.advanceTimersByTime(900);
    connection.push(Buffer.from('gun'));
    vi.advanceTimersByTime(99);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['error ERR_FRAME_TIMEOUT']);
  });

  test('and is finished has its own time, and so has the next', () => {
    const { connection, events, listen } = lines({ messageTimeout: 1000 });
    listen();
    for (let n = 0; n < 5; n++) {
      connection.push(Buffer.from(n === 0 ? 'x' : '\nx'));
      vi.advanceTimersByTime(900);
    }
    expect(events).toEqual(Array.from({ length: 4 }, () => 'message x'));
    connection.push(Buffer.from('\n'));
    vi.advanceTimersByTime(100_000);
    expect(events).toHaveLength(5);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('has no time run out while the socket is paused', () => {
    const { socket, connection, events } = lines({ messageTimeout: 1000 });
    connection.push(Buffer.from('begun'));
    socket.pause();
    vi.advanceTimersByTime(10_000);
    expect(events).toEqual([]);
    socket.resume();
    vi.advanceTimersByTime(1000);
    expect(events).toEqual(['error ERR_FRAME_TIMEOUT']);
  });
});
