// Where a file that is sent stands: what is under way, how much more may be, and where to go on after a fault. Used by the
// client for uploads and by the server for downloads. Pure: it counts.

import { MAX_CHUNKS } from './binary-frame.js';
import { wireError } from './errors.js';
import type { StartAck, StartMessage } from './messages.js';

const MIN_CHUNKS_UNDER_WAY = 2;
/** A peer that asks for the same bytes again and again gets an end instead. */
const MAX_REWINDS = 16;

export class Transmission {
  readonly fileSize: number;
  readonly chunkSize: number;
  readonly chunks: number;
  readonly #maxUnderWay: number;
  #nextChunk: number;
  #acknowledged: number;
  /** The chunk that was gone back to, until the peer has it. */
  #rewoundTo = -1;
  #rewinds = 0;

  constructor(fileSize: number, chunkSize: number, windowBytes: number, nextChunk = 0) {
    this.fileSize = fileSize;
    this.chunkSize = chunkSize;
    this.chunks = Math.ceil(fileSize / chunkSize);
    this.#maxUnderWay = Math.max(MIN_CHUNKS_UNDER_WAY, Math.floor(windowBytes / chunkSize));
    this.#nextChunk = nextChunk;
    this.#acknowledged = nextChunk;
  }

  /** The chunk to send next. */
  get nextChunk(): number {
    return this.#nextChunk;
  }

  get acknowledgedBytes(): number {
    return Math.min(this.fileSize, this.#acknowledged * this.chunkSize);
  }

  get acknowledgedChunks(): number {
    return this.#acknowledged;
  }

  get isAllSent(): boolean {
    return this.#nextChunk >= this.chunks;
  }

  get hasWindow(): boolean {
    return this.#nextChunk - this.#acknowledged < this.#maxUnderWay;
  }

  lengthOf(chunkIndex: number): number {
    return Math.min(this.fileSize, (chunkIndex + 1) * this.chunkSize) - chunkIndex * this.chunkSize;
  }

  sent(): void {
    this.#nextChunk++;
  }

  /** All before `nextChunk` are written. `false`: what was never sent cannot be. */
  acknowledge(nextChunk: number): boolean {
    if (nextChunk > this.#nextChunk) return false;
    if (nextChunk > this.#acknowledged) this.#acknowledged = nextChunk;
    if (nextChunk > this.#rewoundTo) this.#rewoundTo = -1;
    return true;
  }

  /**
   * The peer wants `expectedChunk` next. What it says of the chunks that followed a faulty one is the same news again.
   * `isNew`: it is about that chunk itself. `false`: it cannot be, or has been too often.
   */
  rewind(expectedChunk: number, isNew: boolean): boolean {
    if (expectedChunk > this.#nextChunk || expectedChunk < this.#acknowledged) return false;
    if (!isNew && this.#rewoundTo === expectedChunk) return true;
    this.#rewoundTo = expectedChunk;
    this.#nextChunk = expectedChunk;
    return ++this.#rewinds <= MAX_REWINDS;
  }
}

/** Where the peer wants it to begin, in chunks of which size. @throws {FileTransferError} `bad_message`, where no file is. */
export function placeOf(ack: StartAck, start: StartMessage): { chunkSize: number; nextChunk: number } {
  const { transferId, fileSize } = start;
  const { chunkSize = start.chunkSize, nextChunk = 0 } = ack;
  const chunks = Math.ceil(fileSize / chunkSize);
  const bad = (text: string): Error => wireError('bad_message', `file_start_ack ${text}`, { transferId });
  if (chunkSize > start.chunkSize) throw bad(`has chunkSize ${chunkSize}, over the ${start.chunkSize} offered`);
  if (chunks > MAX_CHUNKS) throw bad(`has chunkSize ${chunkSize}, which makes more than 2^32 - 1 chunks`);
  if (nextChunk > chunks) throw bad(`has nextChunk ${nextChunk}, and the file has ${chunks} chunks`);
  return { chunkSize, nextChunk };
}
