// The SHA-256 of a file while it grows. Bytes that come in order are hashed as they pass; after a resume, which does not wait
// for it, what was there before is read back meanwhile, until the two meet. The state of a hash cannot be kept on disk.
import { createHash, type Hash } from 'node:crypto';

const STEP_BYTES = 1024 * 1024;

/** Reads from the file; gives how many bytes there were. */
export type ReadAt = (buffer: Buffer, length: number, position: number) => Promise<number>;

export class RunningHash {
  readonly #hash: Hash = createHash('sha256');
  #hashedBytes = 0;
  #catchUp: Promise<void> | undefined;
  #isFollowing = false;
  #isStopped = false;

  /** Bytes from `position` on. Only those that are next count; earlier ones are known, later ones are read back. */
  update(bytes: Uint8Array, position: number): void {
    if (position !== this.#hashedBytes) return;
    this.#hash.update(bytes);
    this.#hashedBytes += bytes.length;
  }

  /** Reads back until all that there is, which may grow meanwhile, is hashed. */
  follow(read: ReadAt, availableBytes: () => number): void {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    this.#catchUp = this.#run(read, availableBytes).finally(() => (this.#isFollowing = false));
    // Whoever asks for the digest sees the error.
    this.#catchUp.catch(() => {});
  }

  /** Settles when what was there before is read back. @throws What reading said. */
  async caughtUp(): Promise<void> {
    await this.#catchUp;
  }

  /** Of the first `length` bytes, all of which have come by now, in hex. */
  async peek(length: number): Promise<string> {
    await this.#catchUp;
    if (this.#hashedBytes !== length) throw new Error(`${this.#hashedBytes} of ${length} bytes are hashed`);
    return this.#hash.copy().digest('hex');
  }

  /** Reads no more. Settles when nothing is being read. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#catchUp?.catch(() => {});
  }

  async #run(read: ReadAt, availableBytes: () => number): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(STEP_BYTES);
    while (!this.#isStopped) {
      const missing = availableBytes() - this.#hashedBytes;
      if (missing <= 0) return;
      const bytesRead = await read(buffer, Math.min(missing, STEP_BYTES), this.#hashedBytes);
      if (bytesRead === 0) throw new Error('the file is shorter than it was');
      this.update(buffer.subarray(0, bytesRead), this.#hashedBytes);
    }
  }
}

/** The SHA-256 of `length` bytes, read from the beginning, in hex. */
export async function hashOf(read: ReadAt, length: number): Promise<string> {
  const hash = new RunningHash();
  hash.follow(read, () => length);
  return hash.peek(length);
}
