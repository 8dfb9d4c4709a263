// How a drain spreads its last act: destroying a thousand connections takes a while, and all are to be gone at the deadline.
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Drain } from '../src/drain.js';

const GRACE = 1000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A drain over as many sockets that never end, a view of how many are left, and its end. */
function drainOf(count: number): { sockets: Set<Socket>; drain: Drain; left: () => number } {
  const sockets = new Set(Array.from({ length: count }, () => new Socket().on('error', () => {})));
  for (const socket of sockets) socket.on('close', () => sockets.delete(socket));
  const drain = new Drain(sockets);
  drain.begin(GRACE, undefined);
  return { sockets, drain, left: () => [...sockets].filter((socket) => !socket.destroyed).length };
}

it('begins so much before the deadline as a thousand take, and is through with all at the deadline', async () => {
  const { drain, left } = drainOf(1000);
  await vi.advanceTimersByTimeAsync(799);
  expect(left()).toBe(1000);
  await vi.advanceTimersByTimeAsync(101);
  expect(left()).toBeGreaterThan(400);
  expect(left()).toBeLessThan(600);
  await vi.advanceTimersByTimeAsync(88);
  expect(left()).toBeGreaterThan(0);
  await vi.advanceTimersByTimeAsync(12);
  expect(left()).toBe(0);
  expect(drain.finish()).toMatchObject({ forced: 1000, drained: 0 });
});

it('gives a few the whole period', async () => {
  const { left } = drainOf(4);
  await vi.advanceTimersByTimeAsync(GRACE - 1);
  expect(left()).toBe(4);
  await vi.advanceTimersByTimeAsync(1);
  expect(left()).toBe(0);
});

it('gives the few who are left of many the whole period', async () => {
  const { sockets, left } = drainOf(1000);
  await vi.advanceTimersByTimeAsync(500);
  for (const socket of [...sockets].slice(4)) sockets.delete(socket);
  await vi.advanceTimersByTimeAsync(499);
  expect(left()).toBe(4);
  await vi.advanceTimersByTimeAsync(1);
  expect(left()).toBe(0);
});

it('begins never before a fifth of the period is left, however many there are', async () => {
  const { left } = drainOf(3000);
  await vi.advanceTimersByTimeAsync(799);
  expect(left()).toBe(3000);
  await vi.advanceTimersByTimeAsync(201);
  expect(left()).toBe(0);
});
