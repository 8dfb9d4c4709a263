// How much may be pending in the carrier while another frame is built: little, so that nothing waits long behind it; more once
// the carrier has shown to be so quick that the wait is as short, for there it is the writes that cost. Pure.

const KIB = 1024;
const PENDING_BYTES = 64 * KIB;
const QUICK_PENDING_BYTES = 256 * KIB;
/** A batch of 64 KiB is quick that leaves within so many milliseconds: that is 16 MB/s. */
const QUICK_MILLISECONDS = 4;
/** So many in a row, 1 MiB, are more than the buffer of a slow line takes at once. */
const QUICK_BATCHES = 16;

export class BatchSize {
  #quickBatches = 0;

  get bytes(): number {
    return this.#quickBatches < QUICK_BATCHES ? PENDING_BYTES : QUICK_PENDING_BYTES;
  }

  /** A batch has left, in so many milliseconds. */
  left(milliseconds: number): void {
    this.#quickBatches = milliseconds <= QUICK_MILLISECONDS ? this.#quickBatches + 1 : 0;
  }
}
