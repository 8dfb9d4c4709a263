// Binary frames in: chunks of any size go in, the header of a frame comes out once as much of its payload is here as is asked
// for, and the payload is copied where it belongs, once. Pure. A length over the limit is a finding before anything is kept for it.
import { FRAME_HEADER_BYTES } from './binary-frame.js';

const MERGE_BELOW_BYTES = 1024;
const BLOCK_BYTES = 8192;
const DIGIT_ZERO = 0x30;
const DIGIT_NINE = 0x39;

/** The frame that stands first. */
export interface FrameHeader {
  readonly type: number;
  readonly length: number;
}

/** What stands first: a frame, not yet a whole one, the digit of a JSON message, or what is neither. */
export type Finding = FrameHeader | 'incomplete' | 'json' | 'bad';

export class FrameInbox {
  readonly #maxFrameBytes: number;
  #chunks: Buffer[] = [];
  /** Bytes taken of the first chunk. */
  #offset = 0;
  #byteLength = 0;
  /** Where small chunks go; the last chunk is a view of it from `#openFrom` on, or -1. */
  #block = Buffer.alloc(0);
  #blockUsed = 0;
  #openFrom = -1;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Kept by reference; small chunks are copied together, or a frame in pieces of a byte would cost a hundred times its size. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#byteLength += chunk.length;
    if (chunk.length >= MERGE_BELOW_BYTES) {
      this.#openFrom = -1;
      this.#chunks.push(chunk);
      return;
    }
    if (this.#block.length - this.#blockUsed < chunk.length) {
      this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      this.#blockUsed = 0;
      this.#openFrom = -1;
    }
    const from = this.#openFrom === -1 ? this.#blockUsed : this.#openFrom;
    this.#blockUsed += chunk.copy(this.#block, this.#blockUsed);
    const view = this.#block.subarray(from, this.#blockUsed);
    if (this.#openFrom === -1) this.#chunks.push(view);
    else this.#chunks[this.#chunks.length - 1] = view;
    this.#openFrom = from;
  }

  /** @param beginningOf How many bytes of the payload have to be here. */
  look(beginningOf: (header: FrameHeader) => number): Finding {
    if (this.#byteLength === 0) return 'incomplete';
    const first = (this.#chunks[0] as Buffer)[this.#offset] as number;
    if (first >= DIGIT_ZERO && first <= DIGIT_NINE) return 'json';
    if (first !== 0) return 'bad';
    if (this.#byteLength < FRAME_HEADER_BYTES) return 'incomplete';
    const header = this.copy(FRAME_HEADER_BYTES);
    const length = header.readUInt32BE(2);
    if (length > this.#maxFrameBytes || header.readUInt16BE(6) !== 0) return 'bad';
    const found = { type: header.readUInt16BE(0), length };
    return this.#byteLength < FRAME_HEADER_BYTES + beginningOf(found) ? 'incomplete' : found;
  }

  /** The next `length` bytes, which stay. Fresh. */
  copy(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    this.copyTo(bytes, 0, 0, length);
    return bytes;
  }

  /** The same, and they are gone here. */
  take(length: number): Buffer {
    const bytes = this.copy(length);
    this.skip(length);
    return bytes;
  }

  /** Those from `from` on into `target`; they stay. */
  copyTo(target: Buffer, at: number, from: number, length: number): void {
    let skip = this.#offset + from;
    let copied = 0;
    for (const chunk of this.#chunks) {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      copied += chunk.copy(target, at + copied, skip, Math.min(chunk.length, skip + length - copied));
      if (copied === length) return;
      skip = 0;
    }
  }

  /** Drops the next `length` bytes. */
  skip(length: number): void {
    this.#byteLength -= length;
    let left = this.#offset + length;
    let gone = 0;
    while (gone < this.#chunks.length && left >= (this.#chunks[gone] as Buffer).length) {
      left -= (this.#chunks[gone] as Buffer).length;
      gone++;
    }
    if (gone > 0) this.#chunks = this.#chunks.slice(gone);
    if (this.#chunks.length === 0) this.#openFrom = -1;
    this.#offset = left;
  }

  /** Takes everything. A copy. */
  rest(): Buffer {
    return this.take(this.#byteLength);
  }
}
