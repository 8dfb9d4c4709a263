// One direction of one stream: a plain queue of what was written, against which everything that arrives is compared.

export class Lane {
  readonly name: string;
  readonly #chunks: Uint8Array[] = [];
  #offset = 0;
  sentBytes = 0;
  receivedBytes = 0;
  /** Its writer has called `end` or `close`. */
  isEnded = false;
  /** Its reader has seen the end. */
  isEndSeen = false;
  /** Why its end may come early, or not at all; a stream's bytes stay in order all the same. */
  excuse: string | undefined;
  /** The operation at which it last moved, or began to have something to move. */
  movedAt = 0;
  readonly #fault: (text: string) => void;

  constructor(name: string, fault: (text: string) => void) {
    this.name = name;
    this.#fault = fault;
  }

  get waitingBytes(): number {
    return this.sentBytes - this.receivedBytes;
  }

  /** It still owes something to its reader. */
  get isOpen(): boolean {
    return !this.isEndSeen && this.excuse === undefined;
  }

  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.sentBytes += chunk.length;
  }

  receive(chunk: Buffer): void {
    if (this.isEndSeen) this.#fault(`${this.name}: ${chunk.length} bytes after its end`);
    let at = 0;
    while (at < chunk.length) {
      const first = this.#chunks[0];
      if (first === undefined) {
        this.#fault(`${this.name}: ${chunk.length - at} bytes that nobody wrote, behind ${this.receivedBytes + at}`);
        return;
      }
      const length = Math.min(chunk.length - at, first.length - this.#offset);
      if (chunk.compare(first, this.#offset, this.#offset + length, at, at + length) !== 0) {
        this.#fault(`${this.name}: wrong bytes between ${this.receivedBytes + at} and ${this.receivedBytes + at + length}`);
        return;
      }
      at += length;
      this.#offset += length;
      if (this.#offset < first.length) continue;
      this.#chunks.shift();
      this.#offset = 0;
    }
    this.receivedBytes += chunk.length;
  }

  /** `mayBeCut`: the peer's wire cannot tell an abrupt end from a clean one, and one is excused. */
  end(mayBeCut: boolean): void {
    if (this.isEndSeen) this.#fault(`${this.name}: two ends`);
    this.isEndSeen = true;
    if (mayBeCut) return;
    if (!this.isEnded) this.#fault(`${this.name}: an end that its writer did not make`);
    else if (this.waitingBytes > 0) this.#fault(`${this.name}: a clean end ${this.waitingBytes} bytes early, of ${this.sentBytes}`);
  }
}
