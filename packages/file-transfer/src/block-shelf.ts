// Blocks for bytes that wait for a disk, lent to the writers of all transfers of one end. Each writer reserves what it needs to
// go on, whatever the others hold; what is left of the whole is lent to whom asks first. What comes back is lent again. It
// never writes and never waits.

/** The blocks of nearly every transfer; others are not kept. */
const KEPT_BLOCK_BYTES = 256 * 1024;
const MAX_KEPT_BLOCKS = 16;

export class BlockShelf {
  readonly #maxBytes: number;
  readonly #kept: Buffer[] = [];
  #reservedBytes = 0;
  /** Beyond what is reserved. */
  #lentBytes = 0;

  /** @param maxBytes Of all blocks, unless more is reserved. `Infinity`: each writer has a bound of its own, and that is enough. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  reserve(byteLength: number): void {
    this.#reservedBytes += byteLength;
  }

  /** With the last reservation goes what was kept for later. */
  release(byteLength: number): void {
    this.#reservedBytes -= byteLength;
    if (this.#reservedBytes === 0) this.#kept.length = 0;
  }

  /** Its bytes are anything. `undefined` where too much is lent, unless it `isReserved`. */
  take(byteLength: number, isReserved: boolean): Buffer | undefined {
    if (!isReserved) {
      if (this.#reservedBytes + this.#lentBytes + byteLength > this.#maxBytes) return undefined;
      this.#lentBytes += byteLength;
    }
    const kept = byteLength === KEPT_BLOCK_BYTES ? this.#kept.pop() : undefined;
    return kept ?? Buffer.allocUnsafeSlow(byteLength);
  }

  /** @param isFree Whether nobody writes to it any more. Otherwise it is left to whom it still serves. */
  putBack(block: Buffer, isReserved: boolean, isFree: boolean): void {
    if (!isReserved) this.#lentBytes -= block.length;
    if (isFree && block.length === KEPT_BLOCK_BYTES && this.#kept.length < MAX_KEPT_BLOCKS) this.#kept.push(block);
  }
}
