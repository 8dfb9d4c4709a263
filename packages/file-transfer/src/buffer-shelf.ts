// Buffers of one size that are used again: what is sent needs a handful of them, however long the file. Pure.

const MAX_KEPT = 8;

export class BufferShelf {
  readonly #byteLength: number;
  readonly #buffers: Buffer[] = [];

  constructor(byteLength: number) {
    this.#byteLength = byteLength;
  }

  take(): Buffer {
    return this.#buffers.pop() ?? Buffer.allocUnsafeSlow(this.#byteLength);
  }

  /** Nobody looks at it any more. */
  putBack(buffer: Buffer): void {
    if (buffer.length === this.#byteLength && this.#buffers.length < MAX_KEPT) this.#buffers.push(buffer);
  }
}
