// When a message that was begun must have arrived. A message that arrives whole costs nothing here.
import { Deadline } from './deadline.js';

/** A peer may take one second longer for each of these that it declares. */
const BYTES_PER_SECOND = 16 * 1024;

/** The deadline of the message that one connection is in the middle of. */
export class MessageDeadline {
  readonly #timeout: number;
  readonly #deadline: Deadline;
  /** Which message is under way, so that more of the same one does not begin anew. */
  #message = -1;
  #begunAt = 0;
  #allowance = 0;

  /** `timeout` in milliseconds; `Infinity` never expires. */
  constructor(timeout: number, onExpire: () => void) {
    this.#timeout = timeout;
    this.#deadline = new Deadline(onExpire);
  }

  /** Message number `message` has begun, or more of it has come. */
  watch(message: number, declaredBytes: number | undefined): void {
    if (this.#timeout === Infinity) return;
    const allowance = this.#timeout + ((declaredBytes ?? 0) / BYTES_PER_SECOND) * 1000;
    if (message === this.#message && allowance === this.#allowance) return;
    if (message !== this.#message) this.#begunAt = performance.now();
    this.#message = message;
    this.#allowance = allowance;
    this.#deadline.set(this.#begunAt + allowance);
  }

  /** Nothing is under way. */
  rest(): void {
    this.#message = -1;
    this.#deadline.set(Infinity);
  }

  /** Begins the whole time again, for a message that could not arrive meanwhile. */
  restart(): void {
    if (this.#message === -1) return;
    this.#begunAt = performance.now();
    this.#deadline.set(this.#begunAt + this.#allowance);
  }

  /** Forgets the connection. */
  stop(): void {
    this.rest();
    this.#deadline.stop();
  }
}
