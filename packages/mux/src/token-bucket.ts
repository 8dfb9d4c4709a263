// How often a peer may do what costs us more than it: a burst, then a rate. Pure: the time is passed in.

export class TokenBucket {
  readonly #burst: number;
  readonly #perMillisecond: number;
  #tokens: number;
  #refilledAt = -Infinity;

  /** @param perSecond how many tokens come back in a second */
  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#tokens = burst;
    this.#perMillisecond = perSecond / 1000;
  }

  /** Takes one; false where none is left. `now` in milliseconds, never falling. */
  take(now: number): boolean {
    if (this.#tokens < this.#burst && now > this.#refilledAt) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#refilledAt) * this.#perMillisecond);
    }
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
