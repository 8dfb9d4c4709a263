// Whose turn it is. Streams that have something to send take turns in rounds, and who had none in this round goes before those
// that had theirs: a request does not wait until a hundred long streams were served. Constant time for each call, also for
// a stream that ends while it waits (who takes turns skips it).
import { Ring } from './ring.js';
import type { StreamRecord } from './stream-record.js';

/** So that streams opened without end do not keep the others waiting. */
const MAX_IN_A_ROW = 128;

export class Turns {
  readonly #waiting: Ring<StreamRecord> = new Ring();
  readonly #newcomers: Ring<StreamRecord> = new Ring();
  #round = 1;
  /** Of those that waited when it began. */
  #leftOfRound = 0;
  /** Turns of newcomers, one after the other. */
  #inARow = 0;

  get count(): number {
    return this.#waiting.count + this.#newcomers.count;
  }

  /** Joins behind the others; nothing where it is in already. */
  add(stream: StreamRecord): void {
    if (stream.isActive) return;
    stream.isActive = true;
    (stream.lastRound === this.#round ? this.#waiting : this.#newcomers).push(stream);
  }

  /** Takes out the one whose turn it is. */
  next(): StreamRecord | undefined {
    const stream = this.#take();
    if (stream === undefined) return undefined;
    stream.isActive = false;
    stream.lastRound = this.#round;
    return stream;
  }

  #take(): StreamRecord | undefined {
    if (this.#newcomers.count > 0 && (this.#inARow < MAX_IN_A_ROW || this.#waiting.count === 0)) {
      this.#inARow++;
      return this.#newcomers.shift();
    }
    this.#inARow = 0;
    if (this.#leftOfRound === 0) {
      this.#round++;
      this.#leftOfRound = this.#waiting.count;
    }
    if (this.#leftOfRound > 0) this.#leftOfRound--;
    return this.#waiting.shift();
  }
}
