// What a peer may make us do: buckets for what costs us more than it. Pure: the time is passed in.
import { TokenBucket } from './token-bucket.js';

const BURST = 1000;
/** So often may all streams that a peer has open be reset at once, and opened again. */
const RESETS_OF_ALL = 2;
const PROVOCATIONS_PER_SECOND = 33;
const FRAMES_PER_SECOND = 100;
const MAX_JUNK = 100;

export class PeerLimits {
  /** The peer's resets of its own streams, and refusals. */
  readonly #provoked: TokenBucket;
  readonly #pings = new TokenBucket(BURST, FRAMES_PER_SECOND);
  readonly #empty = new TokenBucket(BURST, FRAMES_PER_SECOND);
  readonly #tinyGrants = new TokenBucket(BURST, FRAMES_PER_SECOND);
  #junk = 0;

  /** @param maxStreams how many streams the peer may have open */
  constructor(maxStreams: number) {
    this.#provoked = new TokenBucket(Math.max(BURST, RESETS_OF_ALL * maxStreams), PROVOCATIONS_PER_SECOND);
  }

  provoke(now: number): boolean {
    return this.#provoked.take(now);
  }

  ping(now: number): boolean {
    return this.#pings.take(now);
  }

  emptyFrame(now: number): boolean {
    return this.#empty.take(now);
  }

  tinyGrant(now: number): boolean {
    return this.#tinyGrants.take(now);
  }

  /** A frame for what was never opened, or of a kind that nobody knows. */
  junk(): boolean {
    return ++this.#junk <= MAX_JUNK;
  }
}
