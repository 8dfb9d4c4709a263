// What is sent: a file, bytes, or a stream, behind one reader that knows its size, and whether it may go back.
import type { Readable } from 'node:stream';
import { readFully } from './disk.js';
import { FileTransferError, wireError } from './errors.js';
import type { FileSystem, OpenFile } from './file-system.js';

export interface Source {
  readonly size: number;
  readonly mtime: number | undefined;
  /** Any place may be read at any time. Otherwise one after the other, and again only what was not released. */
  readonly isSeekable: boolean;
  /** Fewer bytes than `length` where it ends. */
  read(target: Buffer, at: number, length: number, position: number): Promise<number>;
  /** What lies before `position` is not asked for again. */
  release(position: number): void;
  /** It is not what it was at the beginning. */
  hasChanged(): Promise<boolean>;
  close(): Promise<void>;
}

/** A file that is open; closed by `close`. */
export async function fileSource(file: OpenFile): Promise<Source> {
  const before = await file.stat();
  return {
    size: before.size,
    mtime: Math.trunc(before.mtimeMs),
    isSeekable: true,
    read: (target, at, length, position) => readFully(file, target, at, length, position),
    release() {},
    async hasChanged() {
      const now = await file.stat();
      return now.size !== before.size || now.mtimeMs !== before.mtimeMs;
    },
    close: () => file.close(),
  };
}

/** @throws {FileTransferError} `ERR_FILE_NOT_FOUND` for what is no plain file, and what the system says. */
export async function openSource(calls: FileSystem, path: string): Promise<Source> {
  const file = await calls.open(path, 'r');
  if (!(await file.stat()).isFile()) {
    await file.close();
    throw wireError('not_found', `${path} is no file`);
  }
  return fileSource(file);
}

export function bytesSource(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    mtime: undefined,
    isSeekable: true,
    read(target, at, length, position) {
      const part = bytes.subarray(position, position + length);
      target.set(part, at);
      return Promise.resolve(part.length);
    },
    release() {},
    hasChanged: () => Promise.resolve(false),
    close: () => Promise.resolve(),
  };
}

/** A stream, of which what was read and not released is kept: that is the window. */
export class StreamSource implements Source {
  readonly size: number;
  readonly mtime: undefined;
  readonly isSeekable = false;
  readonly #stream: Readable;
  readonly #iterator: AsyncIterator<unknown>;
  #kept: Buffer[] = [];
  #keptFrom = 0;
  #keptBytes = 0;
  #isEnded = false;
  #failure: FileTransferError | undefined;

  constructor(stream: Readable, size: number) {
    this.#stream = stream;
    this.size = size;
    // It may fail before it is read: a file that cannot be opened does.
    stream.on('error', () => {});
    this.#iterator = stream[Symbol.asyncIterator]() as AsyncIterator<unknown>;
  }

  async read(target: Buffer, at: number, length: number, position: number): Promise<number> {
    if (position < this.#keptFrom) throw new FileTransferError('ERR_FILE_CHANGED', 'a stream cannot go back so far');
    while (!this.#isEnded && this.#keptFrom + this.#keptBytes < position + length) await this.#pull();
    return this.#copy(target, at, length, position);
  }

  release(position: number): void {
    let first = this.#kept[0];
    while (first !== undefined && this.#keptFrom + first.length <= position) {
      this.#kept.shift();
      this.#keptFrom += first.length;
      this.#keptBytes -= first.length;
      first = this.#kept[0];
    }
  }

  /** More than it said. */
  async hasChanged(): Promise<boolean> {
    while (!this.#isEnded && this.#keptFrom + this.#keptBytes <= this.size) await this.#pull();
    return this.#keptFrom + this.#keptBytes !== this.size;
  }

  close(): Promise<void> {
    this.#stream.destroy();
    return Promise.resolve();
  }

  async #pull(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { done, value } = await this.#iterator.next().catch((cause: unknown) => {
      // It is not read again: another try would find its end, and take that for a change.
      this.#failure = new FileTransferError('ERR_FILE_IO_ERROR', `the stream failed: ${String(cause)}`, { cause, retryable: false });
      throw this.#failure;
    });
    if (done) {
      this.#isEnded = true;
      return;
    }
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw new TypeError('a stream of bytes is needed');
    const bytes = Buffer.from(value as Uint8Array);
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
  }

  #copy(target: Buffer, at: number, length: number, position: number): number {
    let skip = position - this.#keptFrom;
    let copied = 0;
    for (const chunk of this.#kept) {
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      copied += chunk.copy(target, at + copied, skip, Math.min(chunk.length, skip + length - copied));
      if (copied === length) break;
      skip = 0;
    }
    return copied;
  }
}
