// One file that is arriving, under its private name: chunks in, bytes on the disk, their hash, and at the end the file
// closed and forced to the disk, ready for its name. It never sees that name.
import type { BlockShelf } from './block-shelf.js';
import { BlockWriter } from './block-writer.js';
import { crc32 } from './crc32.js';
import { readFully } from './disk.js';
import type { OpenFile } from './file-system.js';
import { RunningHash, type ReadAt } from './running-hash.js';
import type { Tail } from './messages.js';

const TAIL_BYTES = 1024 * 1024;

/** What a part is made from. */
export interface PartFileSettings {
  file: OpenFile;
  fileSize: number;
  chunkSize: number;
  /** Bytes that are there already. */
  position: number;
  maxPendingBytes: number;
  /** Lends what waits for the disk. */
  shelf: BlockShelf;
  /** Whether the SHA-256 of the whole is wanted. */
  isHashed: boolean;
  /** Also force to the disk each time that so many bytes were written; `Infinity`: not before the end. */
  syncEveryBytes: number;
}

/** Told by the part. */
export interface PartFileOwner {
  /** So many bytes from the beginning are written. */
  onWritten(writtenBytes: number): void;
  onError(error: unknown): void;
}

export class PartFile {
  readonly #settings: PartFileSettings;
  readonly #owner: PartFileOwner;
  readonly #writer: BlockWriter;
  readonly #hash: RunningHash | undefined;
  readonly #read: ReadAt = (buffer, length, position) => readFully(this.#settings.file, buffer, 0, length, position);
  #writtenBytes: number;
  #unsyncedBytes = 0;
  #sync: Promise<void> | undefined;

  constructor(settings: PartFileSettings, owner: PartFileOwner) {
    this.#settings = settings;
    this.#owner = owner;
    const { file, position, fileSize, chunkSize, maxPendingBytes, shelf, isHashed } = settings;
    this.#writtenBytes = position;
    const told = {
      onWriting: (bytes: Buffer, at: number) => this.#hash?.update(bytes, at),
      onWritten: (bytes: Buffer, at: number) => this.#onWritten(bytes, at),
      onError: (error: unknown) => owner.onError(error),
    };
    this.#writer = new BlockWriter(file, told, shelf, { position, end: fileSize, chunkSize, maxPendingBytes });
    if (isHashed) this.#hash = new RunningHash();
  }

  /** Begins to read back and hash what was there before. Call it once the sender was told to go on: this takes the disk's time. */
  hashEarlier(): void {
    if (this.#settings.position > 0) this.#hash?.follow(this.#read, () => this.#writtenBytes);
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** See `BlockWriter`. */
  room(length: number): Buffer | undefined {
    return this.#writer.room(length);
  }

  commit(length: number): void {
    this.#writer.commit(length);
  }

  whenFree(): Promise<void> {
    return this.#writer.whenFree();
  }

  /** What stands before the place where it goes on, for the sender to compare. */
  async tail(): Promise<Tail | undefined> {
    const length = Math.min(TAIL_BYTES, this.#writtenBytes);
    if (length === 0) return undefined;
    const offset = this.#writtenBytes - length;
    const buffer = Buffer.allocUnsafeSlow(length);
    const bytesRead = await this.#read(buffer, length, offset);
    return { offset, length: bytesRead, crc32: crc32(buffer.subarray(0, bytesRead)) };
  }

  /** Everything is written, and hashed where that is wanted. */
  async finish(): Promise<string | undefined> {
    await this.#writer.drain();
    await this.#sync;
    return this.#hash?.peek(this.#settings.fileSize);
  }

  /** Forces what is written to the disk, sets its time, and closes it. */
  async seal(isSynced: boolean, mtime: number | undefined): Promise<void> {
    const { file } = this.#settings;
    if (isSynced) await file.datasync();
    // Last: with a time of long ago a part that did not get its name would seem to be too old to be kept.
    if (mtime !== undefined) await file.utimes(Date.now() / 1000, mtime / 1000);
    await file.close();
  }

  /** Writes no more, cuts off what is no whole chunk, and closes it. The number of bytes kept. Never rejects. */
  async abandon(): Promise<number> {
    await this.#writer.stop();
    await this.#hash?.stop();
    await this.#sync?.catch(() => {});
    const { file, chunkSize, fileSize } = this.#settings;
    const kept = this.#writtenBytes >= fileSize ? fileSize : Math.floor(this.#writtenBytes / chunkSize) * chunkSize;
    // On a full disk, what was written in part of the next block would keep others out.
    await file.truncate(kept).catch(() => {});
    await file.close().catch(() => {});
    return kept;
  }

  #onWritten(bytes: Buffer, position: number): void {
    // Only where a read back has caught up while this was on its way.
    this.#hash?.update(bytes, position);
    this.#writtenBytes = position + bytes.length;
    this.#unsyncedBytes += bytes.length;
    if (this.#unsyncedBytes >= this.#settings.syncEveryBytes && this.#sync === undefined) this.#syncNow();
    this.#owner.onWritten(this.#writtenBytes);
  }

  #syncNow(): void {
    this.#unsyncedBytes = 0;
    this.#sync = this.#settings.file.datasync().catch((error: unknown) => this.#owner.onError(error));
    void this.#sync.then(() => (this.#sync = undefined));
  }
}
