// Pings: one on the way at a time, shared by all who ask meanwhile, and the smallest round trip seen. It arms no timer.

interface Waiter {
  resolve: (milliseconds: number) => void;
  reject: (error: Error) => void;
}

export class RoundTrips {
  #waiters: Waiter[] = [];
  #id = 0;
  /** When the ping on the way left; 0 where none is. */
  sentAt = 0;
  /** The last one in milliseconds, and the smallest; 0 where none is known. */
  last = 0;
  smallest = 0;

  /** Begins a ping; gives its id, 0 where one is on the way. */
  begin(now: number): number {
    if (this.sentAt !== 0) return 0;
    this.sentAt = now || Number.MIN_VALUE;
    this.#id = this.#id >= 0xffffffff ? 1 : this.#id + 1;
    return this.#id;
  }

  get hasWaiters(): boolean {
    return this.#waiters.length > 0;
  }

  wait(): Promise<number> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** A round trip was seen, by a ping or otherwise. */
  note(milliseconds: number): void {
    this.last = milliseconds;
    this.smallest = this.smallest === 0 ? milliseconds : Math.min(this.smallest, milliseconds);
  }

  /** A pong; a stray one is ignored. */
  end(id: number, now: number): void {
    if (this.sentAt === 0 || id !== this.#id) return;
    this.note(now - this.sentAt);
    this.sentAt = 0;
    for (const { resolve } of this.#waiters.splice(0)) resolve(this.last);
  }

  fail(error: Error): void {
    this.sentAt = 0;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}
