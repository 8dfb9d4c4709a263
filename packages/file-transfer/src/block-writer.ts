// Bytes for the disk: chunks are put into blocks of 256 KiB or more, those that wait are written together, one call at a time,
// in order, and what is waiting is bounded, of this file, and of all by the shelf that the blocks are of. A block leaves when it
// is full, or when nothing more has come for a turn of the event loop, so that a peer that waits for each acknowledgement gets it.
import type { BlockShelf } from './block-shelf.js';
import { writeFully } from './disk.js';
import type { OpenFile } from './file-system.js';

const MIN_BLOCK_BYTES = 256 * 1024;
/** The blocks of one call: while it is under way the others wait, and each call takes a turn of the event loop to be noticed. */
const MAX_WRITE_BYTES = 1024 * 1024;
/** One that is being written, and one that is being filled: a writer may have these though others hold all there is. */
const MIN_BLOCKS = 2;
const MAX_CHUNKS_PER_BLOCK = 1024;
const MAX_PENDING_CHUNKS = 16 * 1024;

interface Block {
  readonly buffer: Buffer;
  used: number;
  position: number;
}

/** Told by the writer. */
export interface BlockWriterOwner {
  /** These bytes are being written; they lie from `position` on. */
  onWriting(bytes: Buffer, position: number): void;
  /** They are written. */
  onWritten(bytes: Buffer, position: number): void;
  /** The disk failed; nothing more is written. */
  onError(error: unknown): void;
}

export class BlockWriter {
  readonly #file: OpenFile;
  readonly #owner: BlockWriterOwner;
  readonly #blockBytes: number;
  readonly #maxBlocks: number;
  readonly #shelf: BlockShelf;
  readonly #full: Block[] = [];
  /** Of the shelf, and not put back. */
  #blocks = 0;
  #current: Block | undefined;
  #position: number;
  #isWriting = false;
  #isWatching = false;
  /** Room was given, and somebody may put bytes there. */
  #isLent = false;
  #hasLeft = false;
  #commits = 0;
  #error: unknown;
  #waiting: (() => void)[] = [];

  /** @param size.chunkSize The most that is committed at once; all but the last are of this size. */
  constructor(
    file: OpenFile,
    owner: BlockWriterOwner,
    shelf: BlockShelf,
    size: { position: number; end: number; chunkSize: number; maxPendingBytes: number },
  ) {
    const { position, end, chunkSize, maxPendingBytes } = size;
    this.#file = file;
    this.#owner = owner;
    this.#shelf = shelf;
    this.#position = position;
    const chunks = Math.min(MAX_CHUNKS_PER_BLOCK, Math.ceil(MIN_BLOCK_BYTES / chunkSize));
    this.#blockBytes = Math.max(1, Math.min(chunkSize * chunks, end - position));
    // Each chunk will be acknowledged: tiny ones are bounded by their number.
    const blocks = Math.min(maxPendingBytes / this.#blockBytes, MAX_PENDING_CHUNKS / chunks);
    this.#maxBlocks = Math.max(MIN_BLOCKS, Math.floor(blocks));
    this.#shelf.reserve(MIN_BLOCKS * this.#blockBytes);
  }

  /** Room for `length` bytes, to be filled and committed before anything else; `undefined` where the disk is behind. */
  room(length: number): Buffer | undefined {
    if (this.#current !== undefined && this.#blockBytes - this.#current.used < length) this.flush();
    this.#current ??= this.#take();
    this.#isLent = this.#current !== undefined;
    return this.#current?.buffer.subarray(this.#current.used, this.#current.used + length);
  }

  /** The room is filled; with 0 it is of no use. */
  commit(length: number): void {
    const block = this.#current;
    this.#isLent = false;
    if (block === undefined) return;
    block.used += length;
    this.#commits++;
    if (block.used === this.#blockBytes) this.flush();
    else this.#watch();
  }

  /** Sends off what there is. */
  flush(): void {
    const block = this.#current;
    if (block === undefined || block.used === 0) return;
    this.#current = undefined;
    block.position = this.#position;
    this.#position += block.used;
    this.#full.push(block);
    if (!this.#isWriting) void this.#write();
  }

  /** Settles when a block may be free. Not at an error, which is told to the owner. */
  whenFree(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Everything committed is written, and nothing follows. @throws What the disk said. */
  async drain(): Promise<void> {
    this.flush();
    while (this.#isWriting) await this.whenFree();
    if (this.#error !== undefined) throw this.#error as Error;
    this.#leave();
  }

  /** Writes no more of what waits. Settles when nothing is being written. */
  async stop(): Promise<void> {
    this.#error ??= new Error('stopped');
    for (const block of this.#full.splice(0)) this.#putBack(block);
    if (this.#current !== undefined) this.#putBack(this.#current, !this.#isLent);
    this.#current = undefined;
    while (this.#isWriting) await this.whenFree();
    this.#leave();
    this.#wake();
  }

  #take(): Block | undefined {
    if (this.#blocks >= this.#maxBlocks) return undefined;
    const buffer = this.#shelf.take(this.#blockBytes, this.#blocks < MIN_BLOCKS);
    if (buffer === undefined) return undefined;
    this.#blocks++;
    return { buffer, used: 0, position: 0 };
  }

  #putBack({ buffer }: Block, isFree = true): void {
    this.#blocks--;
    this.#shelf.putBack(buffer, this.#blocks < MIN_BLOCKS, isFree);
  }

  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    if (this.#current !== undefined) this.#putBack(this.#current);
    this.#current = undefined;
    this.#shelf.release(MIN_BLOCKS * this.#blockBytes);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#full.length > 0 && this.#error === undefined) {
      const blocks = this.#full.splice(0, Math.max(1, Math.floor(MAX_WRITE_BYTES / this.#blockBytes)));
      const start = (blocks[0] as Block).position;
      let end = start;
      let failure: { error: unknown } | undefined;
      try {
        await this.#writeTogether(blocks, (bytes) => (end = start + bytes));
      } catch (error) {
        failure = { error };
      }
      // A disk that is full has some of them. After `stop` nobody wants to know any more.
      for (const block of blocks) {
        if (this.#error === undefined && block.position + block.used <= end) this.#owner.onWritten(bytesOf(block), block.position);
        this.#putBack(block);
      }
      if (failure !== undefined && this.#error === undefined) {
        this.#error = failure.error;
        this.#owner.onError(failure.error);
      }
      this.#wake();
    }
    this.#isWriting = false;
    this.#wake();
  }

  async #writeTogether(blocks: readonly Block[], onBytes: (bytes: number) => void): Promise<void> {
    const writing = writeFully(this.#file, blocks.map(bytesOf), (blocks[0] as Block).position, onBytes);
    try {
      // The disk works while the owner does.
      for (const block of blocks) this.#owner.onWriting(bytesOf(block), block.position);
    } finally {
      // The blocks are not free before, whatever happens.
      await writing;
    }
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const seen = this.#commits;
    setImmediate(() => {
      this.#isWatching = false;
      if (this.#error !== undefined || this.#current === undefined) return;
      // Until the chunk that is coming is here the block cannot leave.
      if (this.#commits === seen && !this.#isLent) this.flush();
      else if (this.#commits !== seen) this.#watch();
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function bytesOf({ buffer, used }: Block): Buffer {
  return buffer.subarray(0, used);
}
