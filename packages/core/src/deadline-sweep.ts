// One timer that looks at every connection now and then, in place of timers per connection: arming those costs more
// than all else in accepting one. Where it is late this process stood still: what came meanwhile is read before anybody
// is judged. It never keeps the process alive.
import type { Socket } from 'node:net';
import { connectionOf } from './connection.js';

/** A deadline is noticed at most this part of itself late. */
const PART = 8;
const MIN_INTERVAL = 5;
const MAX_INTERVAL = 5000;
/** Later than this it stood behind work, or in a process that was stopped. */
const LATE_AFTER = 10;

export class DeadlineSweep {
  readonly #sockets: Iterable<Socket>;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #timeout = Infinity;
  #stallTimeout = Infinity;

  constructor(sockets: Iterable<Socket>) {
    this.#sockets = sockets;
  }

  /** Begins to look, or goes on with other deadlines; milliseconds, 0 and `Infinity` are off. */
  start(timeout: number, stallTimeout: number): void {
    this.stop();
    this.#timeout = timeout === 0 ? Infinity : timeout;
    this.#stallTimeout = stallTimeout === 0 ? Infinity : stallTimeout;
    const soonest = Math.min(this.#timeout, this.#stallTimeout);
    if (soonest === Infinity) return;
    const interval = Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, Math.floor(soonest / PART)));
    this.#dueAt = performance.now() + interval;
    this.#timer = setInterval(() => this.#onTimer(interval), interval);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #onTimer(interval: number): void {
    const isLate = performance.now() - this.#dueAt > LATE_AFTER;
    this.#dueAt = performance.now() + interval;
    if (isLate) setImmediate(this.#look);
    else this.#look();
  }

  readonly #look = (): void => {
    if (this.#timer === undefined) return;
    const now = performance.now();
    for (const socket of this.#sockets) connectionOf(socket).check(now, this.#timeout, this.#stallTimeout);
  };
}
