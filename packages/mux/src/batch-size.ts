// How much may be pending in the carrier while another frame is built: little, so that nothing waits long behind it; more once
// the carrier has shown to be so quick that the wait is as short, for there it is the writes that cost. Pure.

const KIB = 1024;
const PENDING_BYTES = 64 * KIB;
const QUICK_PENDING_BYTES = 256 * KIB;
/** In how much time 64 KiB leave a carrier that is quick, in milliseconds: 16 MB/s. */
const QUICK_MILLISECONDS = 4;
/** So much at that rate shows it. A buffer that takes this at once and is then slow makes any batch wait. */
const SHOWN_BYTES = 1024 * KIB;

export class BatchSize {
  /** Bytes of full batches that were quick, one after the other, and when the first of them began to leave. */
  #quickBytes = 0;
  #quickSince = 0;

  get bytes(): number {
    return this.#quickBytes < SHOWN_BYTES ? PENDING_BYTES : QUICK_PENDING_BYTES;
  }

  /** A batch has left, from `since` to `now`, in milliseconds. One that is not full and is quick says nothing: a buffer took it. */
  left(bytes: number, since: number, now: number): void {
    if (now - since > allowedFor(Math.max(bytes, PENDING_BYTES))) this.#quickBytes = 0;
    else if (bytes >= PENDING_BYTES && this.#quickBytes < SHOWN_BYTES) this.#count(bytes, since, now);
  }

  #count(bytes: number, since: number, now: number): void {
    if (this.#quickBytes === 0 || now - this.#quickSince > allowedFor(SHOWN_BYTES)) {
      this.#quickBytes = 0;
      this.#quickSince = since;
    }
    this.#quickBytes += bytes;
  }
}

function allowedFor(bytes: number): number {
  return (bytes / PENDING_BYTES) * QUICK_MILLISECONDS;
}
