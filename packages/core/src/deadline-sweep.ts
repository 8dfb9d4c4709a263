// One timer that looks at every connection now and then, in place of timers per connection: arming those costs more
// than all else in accepting one. It never keeps the process alive.
import type { Socket } from 'node:net';
import { connectionOf } from './connection.js';

/** A deadline is noticed at most this part of itself late. */
const PART = 8;
const MIN_INTERVAL = 5;
const MAX_INTERVAL = 5000;

export class DeadlineSweep {
  readonly #sockets: Iterable<Socket>;
  #timer: NodeJS.Timeout | undefined;
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
    this.#timer = setInterval(() => this.#look(), interval);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    for (const socket of this.#sockets) connectionOf(socket).check(now, this.#timeout, this.#stallTimeout);
  }
}
