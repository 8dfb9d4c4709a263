// A queue whose items leave in order, each at its time or later. One timer, looked up at call time, so that a fake clock
// moves it. While it holds something it keeps the process alive, as bytes in a kernel would be delivered all the same.
import { Queue } from './queue.js';

/** What travels through faults, in order: bytes, and one of the two ends. */
export type Passage = Buffer | 'fin' | 'reset';

interface Held {
  item: Passage;
  due: number;
}

/** What waiting costs at least, however short a piece is: a view and its place in the line. */
const MIN_HELD_BYTES = 128;

/** See the head of this file. */
export class DelayLine {
  readonly #emit: (item: Passage) => void;
  readonly #held: Queue<Held> = new Queue();
  #heldBytes = 0;
  #lastDue = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(emit: (item: Passage) => void) {
    this.#emit = emit;
  }

  /** Bytes that wait, a piece counting as 128 at least. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** When the last item left or will leave. */
  get lastDue(): number {
    return this.#lastDue;
  }

  /** Milliseconds of the clock that is in force now. */
  now(): number {
    return globalThis.performance.now();
  }

  /** Lets `item` leave at `due`, and never before what came earlier. */
  push(item: Passage, due: number): void {
    if (this.#isStopped) return;
    const now = this.now();
    this.#lastDue = Math.max(due, this.#lastDue);
    if (this.#held.first === undefined && this.#lastDue <= now) {
      this.#emit(item);
      return;
    }
    this.#held.push({ item, due: this.#lastDue });
    this.#heldBytes += costOf(item);
    this.#arm(now);
  }

  /** Lets everything leave now. */
  release(): void {
    this.#disarm();
    this.#emitUntil(Infinity);
  }

  /** Forgets everything, for good. */
  stop(): void {
    this.#isStopped = true;
    this.#disarm();
    this.#held.clear();
    this.#heldBytes = 0;
  }

  #arm(now: number): void {
    const { first } = this.#held;
    if (first === undefined || this.#timer !== undefined) return;
    this.#timer = globalThis.setTimeout(() => {
      this.#timer = undefined;
      // The timer decides, not the clock: a fake clock may move the one and not the other.
      this.#emitUntil(Math.max(this.now(), first.due));
      this.#arm(this.now());
    }, Math.max(Math.ceil(first.due - now), 1));
  }

  #disarm(): void {
    if (this.#timer !== undefined) globalThis.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #emitUntil(time: number): void {
    for (let first = this.#held.first; first !== undefined && first.due <= time; first = this.#held.first) {
      this.#held.shift();
      this.#heldBytes -= costOf(first.item);
      this.#emit(first.item);
    }
  }
}

function costOf(item: Passage): number {
  return Math.max(item.length, MIN_HELD_BYTES);
}
