// Bytes in: chunks of any size go in at one end, exact counts come out at the other. Reads give a view where the bytes
// lie in one chunk and one copy where they span. It sets no limit and knows no format: both belong to the framer.
//
//   #chunks   [ – – | chunk | block view | chunk | block view ]      – is a slot whose bytes were taken
//                     ▲ #head, read from #offset          ▲ open: small chunks still grow it
//
// Memory follows bytes: small chunks are copied together into blocks, and no chunk keeps a far larger buffer alive.

/** Chunks below this are copied into a block: a slot and a view cost more than the bytes themselves. */
const MERGE_BELOW_BYTES = 1024;
const BLOCK_BYTES = 4096;
/** A chunk that is less than this part of the memory behind it is copied, and that memory can go. */
const MIN_SHARE_OF_MEMORY = 1 / 8;
/** Taken slots at the front of the list that are worth closing up. */
const COMPACT_AT_SLOTS = 64;

const EMPTY = Buffer.alloc(0);

/**
 * A queue of bytes, in order.
 *
 * What goes in is kept by reference (leave it unchanged afterwards), or copied where it is small or a small part of the
 * buffer behind it. What comes out is a view into a chunk or a fresh copy: yours to read, not to change.
 *
 * @example
 * const queue = new ByteQueue();
 * queue.push(Buffer.from('ab'));
 * queue.push(Buffer.from('cd'));
 * queue.take(3).toString(); // 'abc'
 */
export class ByteQueue {
  #chunks: (Buffer | undefined)[] = [];
  #head = 0;
  /** Bytes of the first chunk that were taken. */
  #offset = 0;
  #byteLength = 0;
  /** Where small chunks go. Bytes in it are written once, so views given out never change. */
  #block = EMPTY;
  #blockUsed = 0;
  /** Where the last slot begins in the block, or -1 where the last slot is not of the block. */
  #openFrom = -1;

  /** Bytes in the queue. O(1). */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Adds bytes at the end. O(1), and O(n) for those that are copied. */
  push(chunk: Uint8Array): void {
    const length = chunk.byteLength;
    if (length === 0) return;
    this.#byteLength += length;
    if (length < MERGE_BELOW_BYTES) {
      this.#merge(chunk);
      return;
    }
    this.#openFrom = -1;
    this.#chunks.push(length < chunk.buffer.byteLength * MIN_SHARE_OF_MEMORY ? copyOf(chunk) : viewOf(chunk));
  }

  /** The next `n` bytes, which stay in the queue. O(1), and O(n) where they span. @throws RangeError if there are fewer. */
  peek(n: number): Buffer {
    this.#check(n);
    return this.#read(n);
  }

  /** Removes and gives the next `n` bytes. @throws RangeError if there are fewer. */
  take(n: number): Buffer {
    this.#check(n);
    const bytes = this.#read(n);
    this.#advance(n);
    return bytes;
  }

  /** Removes the next `n` bytes. @throws RangeError if there are fewer. */
  skip(n: number): void {
    this.#check(n);
    this.#advance(n);
  }

  /**
   * Where `byte` first stands at or after `from`, or -1. To search as bytes arrive, go on from the length already
   * searched: each byte is then looked at once.
   */
  indexOf(byte: number, from = 0): number {
    const wanted = Math.max(from, 0);
    let start = -this.#offset;
    for (let slot = this.#head; slot < this.#chunks.length; slot++) {
      const chunk = this.#chunks[slot] as Buffer;
      const end = start + chunk.length;
      if (end > wanted) {
        // Not below 0: `Buffer.indexOf` counts a negative place from the end.
        const found = chunk.indexOf(byte, Math.max(wanted - start, 0));
        if (found !== -1) return start + found;
      }
      start = end;
    }
    return -1;
  }

  /** Drops everything. */
  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#offset = 0;
    this.#byteLength = 0;
    this.#block = EMPTY;
    this.#blockUsed = 0;
    this.#openFrom = -1;
  }

  #merge(chunk: Uint8Array): void {
    if (this.#block.length - this.#blockUsed < chunk.byteLength) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#blockUsed = 0;
      this.#openFrom = -1;
    }
    if (this.#openFrom === -1) {
      this.#openFrom = this.#blockUsed;
      this.#chunks.push(EMPTY);
    }
    this.#block.set(chunk, this.#blockUsed);
    this.#blockUsed += chunk.byteLength;
    this.#chunks[this.#chunks.length - 1] = this.#block.subarray(this.#openFrom, this.#blockUsed);
  }

  #check(n: number): void {
    if (!Number.isInteger(n) || n < 0 || n > this.#byteLength) {
      throw new RangeError(`n must be an integer from 0 to ${this.#byteLength} (the bytes queued), got ${n}`);
    }
  }

  #read(n: number): Buffer {
    if (n === 0) return EMPTY;
    const first = this.#chunks[this.#head] as Buffer;
    if (this.#offset + n <= first.length) return first.subarray(this.#offset, this.#offset + n);
    const bytes = Buffer.allocUnsafe(n);
    let copied = first.copy(bytes, 0, this.#offset);
    for (let slot = this.#head + 1; copied < n; slot++) {
      copied += (this.#chunks[slot] as Buffer).copy(bytes, copied, 0, n - copied);
    }
    return bytes;
  }

  #advance(n: number): void {
    this.#byteLength -= n;
    if (this.#byteLength === 0) {
      this.clear();
      return;
    }
    let left = n + this.#offset;
    for (;;) {
      const length = (this.#chunks[this.#head] as Buffer).length;
      if (left < length) break;
      left -= length;
      this.#chunks[this.#head++] = undefined;
    }
    this.#offset = left;
    // Half the list at least, so each slot is moved once on average.
    if (this.#head >= COMPACT_AT_SLOTS && this.#head * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }
}

function viewOf(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function copyOf(chunk: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafeSlow(chunk.byteLength);
  bytes.set(chunk);
  return bytes;
}
