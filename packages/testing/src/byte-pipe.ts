// What is under way in one direction of a pair: bounded, in order, and cut where the writes were cut, or at random with a
// seed. It copies what comes in, so the two ends never share memory. Pure: no events, no timers.
import { Queue } from './queue.js';
import { createRandom, type Random } from './random.js';

/** What one read of a socket gives at most, in `net` as here. */
const MAX_CHUNK_BYTES = 64 * 1024;

/** The bytes between two ends of a pair, in one direction. */
export class BytePipe {
  readonly #capacityBytes: number;
  readonly #maxChunkBytes: number;
  readonly #random: Random | undefined;
  readonly #chunks: Queue<Buffer> = new Queue();
  #byteLength = 0;

  /** No bytes come after those that are here. */
  ended = false;

  constructor(capacityBytes: number, seed: number | undefined) {
    this.#capacityBytes = capacityBytes;
    this.#maxChunkBytes = Math.min(capacityBytes, MAX_CHUNK_BYTES);
    this.#random = seed === undefined ? undefined : createRandom(seed);
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** The next chunk fits, if need be past the capacity: chunks are not cut to fill it. */
  get hasRoom(): boolean {
    return this.#byteLength < this.#capacityBytes;
  }

  /** Takes a copy of at most one chunk from the front of `bytes` and gives how much that was. */
  push(bytes: Uint8Array): number {
    const length = Math.min(bytes.byteLength, this.#maxChunkBytes);
    this.#chunks.push(Buffer.from(bytes.subarray(0, length)));
    this.#byteLength += length;
    return length;
  }

  /** The next chunk, or `undefined`. */
  take(): Buffer | undefined {
    const { first } = this.#chunks;
    if (first === undefined) return undefined;
    if (this.#random !== undefined) return this.#takeBytes(this.#drawLength(this.#random));
    this.#chunks.shift();
    this.#byteLength -= first.length;
    return first;
  }

  clear(): void {
    this.#chunks.clear();
    this.#byteLength = 0;
  }

  /** Every order of magnitude is as likely as the next, so one-byte chunks and joined ones both come often. */
  #drawLength(random: Random): number {
    const longest = Math.min(this.#byteLength, this.#maxChunkBytes);
    const magnitudes = Math.floor(Math.log2(longest)) + 1;
    return Math.min(longest, 1 + random(2 ** (1 + random(magnitudes)) - 1));
  }

  #takeBytes(length: number): Buffer {
    this.#byteLength -= length;
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const first = this.#chunks.first as Buffer;
      if (first.length <= missing) {
        this.#chunks.shift();
        parts.push(first);
        missing -= first.length;
      } else {
        parts.push(first.subarray(0, missing));
        this.#chunks.replaceFirst(first.subarray(missing));
        missing = 0;
      }
    }
    return Buffer.concat(parts);
  }
}
