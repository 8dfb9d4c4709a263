// How far the peer may send on one stream, and when to tell it more. Offsets are absolute and count from the point where
// metering began. Pure: the time and the round trip are passed in.

const MIB = 1024 * 1024;
/** Above this a quarter of the window is enough to grant again. */
const LARGE_BYTES = 4 * MIB;
/** Above this the window must be worth the round trip. */
const UNCONDITIONAL_BYTES = 8 * MIB;
/** No process reads more than this: a larger window brings nothing but bytes that others wait behind. */
const MAX_BYTES_A_MILLISECOND = 2 * MIB;
/** What two busy processes of one machine take to answer each other, in milliseconds. */
const MIN_ROUND_TRIP = 2;

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
  /** Metered bytes that the reader has taken. */
  consumed = 0;
  /** The offset up to which the peer may send. */
  granted: number;
  /** Metered bytes that have come. */
  #received = 0;
  readonly #initialBytes: number;
  #lastGrantAt: number;
  #consumedAtGrant = 0;
  /** What the reader takes in a round trip, as of when the next grant fell due. */
  #tripBytes = 0;
  /** The peer could go beyond this offset since then; -1 where a byte beyond it has come. */
  #edge = -1;
  #edgeMovedAt = 0;
  /** The shortest time from more credit to a byte that needed it, in milliseconds: never shorter than the round trip. */
  #creditTrip = Infinity;

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
    return this.#received + length <= this.granted;
  }

  /** `length` bytes came. */
  receive(length: number, now: number): void {
    this.#received += length;
    if (this.#edge < 0 || this.#received <= this.#edge) return;
    this.#edge = -1;
    this.#creditTrip = Math.min(this.#creditTrip, now - this.#edgeMovedAt);
  }

  /** Enough was taken since the last grant for another. */
  get isGrantDue(): boolean {
    const taken = this.consumed - this.#consumedAtGrant;
    return taken > 0 && taken >= this.windowBytes / (this.windowBytes > LARGE_BYTES ? 4 : 2);
  }

  /** So little is left of the last grant that the next one should not wait for others. */
  get isGrantUrgent(): boolean {
    return this.granted - this.#received < this.windowBytes / 4;
  }

  /** Enough was taken just now: what is left should outlast a round trip at the same rate. */
  grantFellDue(now: number, roundTrip: number): void {
    const trip = Math.max(Math.min(roundTrip, this.#creditTrip), MIN_ROUND_TRIP);
    this.#tripBytes = ((this.consumed - this.#consumedAtGrant) * trip) / (now - this.#lastGrantAt);
  }

  /** No more is left of the last grant than comes in a round trip. */
  get isGrantPressing(): boolean {
    return this.granted - this.#received <= this.#tripBytes;
  }

  /**
   * The next grant; `granted` is the new offset, and the result what it is raised by. The window doubles where the reader
   * took its share in less than two round trips, so the window, not the reader, was the limit. In less than one it becomes
   * four times as large: on a long line the first seconds are the growth. A round trip under 2 ms counts as 2.
   *
   * @param roundTrip the smallest that was seen, in milliseconds; 0 where none is known
   */
  grant(now: number, roundTrip: number, maxBytes: number, budget: GrowthBudget): number {
    const elapsed = now - this.#lastGrantAt;
    if (roundTrip > 0) this.#grow(elapsed, Math.min(roundTrip, this.#creditTrip), maxBytes, budget);
    this.#lastGrantAt = now;
    this.#consumedAtGrant = this.consumed;
    const before = this.granted;
    this.granted = Math.max(before, this.consumed + this.windowBytes);
    if (this.#edge < 0 && this.granted > before) {
      this.#edge = before;
      this.#edgeMovedAt = now;
    }
    return this.granted - before;
  }

  #grow(elapsed: number, roundTrip: number, maxBytes: number, budget: GrowthBudget): void {
    const trip = Math.max(roundTrip, MIN_ROUND_TRIP);
    if (elapsed >= 2 * trip) return;
    const limit = Math.min(maxBytes, Math.max(UNCONDITIONAL_BYTES, Math.floor(roundTrip * MAX_BYTES_A_MILLISECOND)));
    for (const factor of elapsed < trip ? [4, 2] : [2]) {
      const grown = Math.min(this.windowBytes * factor, limit);
      if (grown <= this.windowBytes || !budget.take(grown - this.windowBytes)) continue;
      this.windowBytes = grown;
      return;
    }
  }
}
