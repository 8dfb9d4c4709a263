// What goes before everything else: answers to the peer, what we say of ourselves, and the last bytes of streams that were
// destroyed. Bounded by whoever causes it.
import type { OutputBatch } from './output-batch.js';

const KIB = 1024;
/** Answers that a peer provokes and does not read. */
const MAX_ANSWER_BYTES = 64 * KIB;
/** Bytes of destroyed streams that still leave, in one batch. */
const MAX_LAST_BYTES = 64 * KIB;

export class Answers {
  readonly #frames: Buffer[] = [];
  #answerBytes = 0;
  #lastBytes = 0;

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** What the peer provoked, in bytes. */
  get answerBytes(): number {
    return this.#answerBytes;
  }

  /** How much of a destroyed stream may still be added to this batch. */
  get roomForLast(): number {
    return MAX_LAST_BYTES - this.#lastBytes;
  }

  /** What the peer provoked; `false`: more waits than it may let wait. */
  answer(frame: Buffer): boolean {
    this.#frames.push(frame);
    this.#answerBytes += frame.length;
    return this.#answerBytes <= MAX_ANSWER_BYTES;
  }

  /** What we say of ourselves. */
  tell(frame: Buffer): void {
    this.#frames.push(frame);
  }

  /** A frame of `length` bytes of a destroyed stream: its reset follows. */
  addLast(frame: Buffer, length: number): void {
    this.#frames.push(frame);
    this.#lastBytes += length;
  }

  moveTo(batch: OutputBatch): void {
    if (this.#frames.length === 0) return;
    for (const frame of this.#frames) batch.add(frame);
    this.clear();
  }

  clear(): void {
    this.#frames.length = 0;
    this.#answerBytes = 0;
    this.#lastBytes = 0;
  }
}
