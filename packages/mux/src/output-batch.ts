// What leaves in one write: small pieces copied behind each other into slabs, large ones by reference. Bytes by
// reference must stay unchanged until the batch has left; slabs are used again then.

const SLAB_BYTES = 64 * 1024;
/** Smaller pieces cost less to copy than to hand to the kernel one by one. */
const COPY_BELOW_BYTES = 4096;
/** Slabs that wait for their next use, over all connections, so that an idle one holds none. */
const MAX_FREE_SLABS = 8;
const freeSlabs: Buffer[] = [];

export class OutputBatch {
  /** What to write, in order; complete after `close`. */
  readonly pieces: Uint8Array[] = [];
  byteLength = 0;
  readonly #slabs: Buffer[] = [];
  #slab: Buffer | undefined;
  /** Where the piece that is being copied together begins, and where the next byte goes. */
  #start = 0;
  #end = 0;

  /** Room for `bytes` in a row, at most one slab; write at `slab[offset]`, then `advance`. */
  reserve(bytes: number): Buffer {
    if (this.#slab === undefined || this.#end + bytes > SLAB_BYTES) {
      this.#flush();
      this.#slab = freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabs.push(this.#slab);
      this.#start = 0;
      this.#end = 0;
    }
    return this.#slab;
  }

  get offset(): number {
    return this.#end;
  }

  advance(bytes: number): void {
    this.#end += bytes;
    this.byteLength += bytes;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length < COPY_BELOW_BYTES) {
      this.reserve(bytes.length).set(bytes, this.#end);
      this.advance(bytes.length);
      return;
    }
    this.#flush();
    this.pieces.push(bytes);
    this.byteLength += bytes.length;
  }

  /** Ends the batch: `pieces` is whole. */
  close(): void {
    this.#flush();
  }

  /** The batch has left, and it is empty; its slabs are used again unless somebody may still read them. */
  release(isRead: boolean = true): void {
    for (let slab = this.#slabs.pop(); slab !== undefined; slab = this.#slabs.pop()) {
      if (isRead && freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(slab);
    }
    this.#slab = undefined;
    // One by one is less work than `length = 0` for as few as these.
    while (this.pieces.pop() !== undefined);
    this.byteLength = 0;
    this.#start = 0;
    this.#end = 0;
  }

  #flush(): void {
    if (this.#slab !== undefined && this.#end > this.#start) this.pieces.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
