// How far the peer may send on one stream, and when to tell it more. Offsets are absolute and count from the point where
// metering began. Pure: the time and the round trip are passed in.

/** Above this a quarter of the window is enough to grant again. */
const QUARTER_ABOVE_BYTES = 4 * 1024 * 1024;

/** What windows may grow by, over all streams of a connection. */
export class GrowthBudget {
  #leftBytes: number;

  constructor(bytes: number) {
    this.#leftBytes = bytes;
  }

  take(bytes: number): boolean {
    if (bytes > this.#leftBytes) return false;
    this.#leftBytes -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#leftBytes += bytes;
  }
}

export class ReceiveWindow {
  /** How many bytes may be on the way or unread. */
  windowBytes: number;
  /** Metered bytes that have come. */
  received = 0;
  /** Metered bytes that the reader has taken. */
  consumed = 0;
  /** The offset up to which the peer may send. */
  granted: number;
  readonly #initialBytes: number;
  #lastGrantAt: number;
  #consumedAtGrant = 0;

  constructor(windowBytes: number, now: number) {
    this.windowBytes = windowBytes;
    this.granted = windowBytes;
    this.#initialBytes = windowBytes;
    this.#lastGrantAt = now;
  }

  /** What it has grown by; to be given back to the budget. */
  get grownBytes(): number {
    return this.windowBytes - this.#initialBytes;
  }

  /** Whether `length` more bytes are within what was granted. */
  hasRoom(length: number): boolean {
    return this.received + length <= this.granted;
  }

  /** Enough was taken since the last grant for another. */
  get isGrantDue(): boolean {
    const taken = this.consumed - this.#consumedAtGrant;
    return taken > 0 && taken >= this.windowBytes / (this.windowBytes > QUARTER_ABOVE_BYTES ? 4 : 2);
  }

  /**
   * The next grant; `granted` is the new offset, and the result what it is raised by. The window doubles where the reader
   * took its share in less than two round trips, so the window, not the reader, was the limit. In less than one it becomes
   * four times as large: on a long line the first seconds are the growth.
   */
  grant(now: number, roundTrip: number, maxBytes: number, budget: GrowthBudget): number {
    const elapsed = now - this.#lastGrantAt;
    const hasGrown = elapsed < roundTrip && this.#grow(4, maxBytes, budget);
    if (elapsed < 2 * roundTrip && !hasGrown) this.#grow(2, maxBytes, budget);
    this.#lastGrantAt = now;
    this.#consumedAtGrant = this.consumed;
    const before = this.granted;
    this.granted = Math.max(before, this.consumed + this.windowBytes);
    return this.granted - before;
  }

  #grow(factor: number, maxBytes: number, budget: GrowthBudget): boolean {
    const grown = Math.min(this.windowBytes * factor, maxBytes);
    if (grown <= this.windowBytes || !budget.take(grown - this.windowBytes)) return false;
    this.windowBytes = grown;
    return true;
  }
}
