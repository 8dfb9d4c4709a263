// When a message that was begun must have arrived. One unref'ed timer for all connections, armed for the earliest deadline;
// a message that arrives whole costs nothing here. Globals are looked up at each call, so a fake clock moves it.

/** A peer may take one second longer for each of these that it declares. */
const BYTES_PER_SECOND = 16 * 1024;
const MAX_DELAY = 2 ** 31 - 1;
/** A timer later than this past its time belongs to a clock that was taken away. */
const LOST_AFTER = 1000;

const watched = new Set<MessageDeadline>();
let timer: NodeJS.Timeout | undefined;
let armedFor = Infinity;

/** The deadline of the message that one connection is in the middle of. */
export class MessageDeadline {
  readonly #timeout: number;
  readonly #onExpire: () => void;
  /** Which message is under way, so that more of the same one does not begin anew. */
  #message = -1;
  #begunAt = 0;
  #allowance = 0;
  /** When to expire, in the time of `performance.now()`. */
  #due = Infinity;

  /** `timeout` in milliseconds; `Infinity` never expires. */
  constructor(timeout: number, onExpire: () => void) {
    this.#timeout = timeout;
    this.#onExpire = onExpire;
  }

  /** Message number `message` has begun, or more of it has come. */
  watch(message: number, declaredBytes: number | undefined): void {
    if (this.#timeout === Infinity) return;
    const allowance = this.#timeout + ((declaredBytes ?? 0) / BYTES_PER_SECOND) * 1000;
    if (message === this.#message && allowance === this.#allowance) return;
    if (message !== this.#message) this.#begunAt = performance.now();
    this.#message = message;
    this.#allowance = allowance;
    this.#arm();
  }

  /** Nothing is under way. Cheap: the timer finds out by itself. */
  rest(): void {
    this.#message = -1;
    this.#due = Infinity;
  }

  /** Begins the whole time again, for a message that could not arrive meanwhile. */
  restart(): void {
    if (this.#message === -1) return;
    this.#begunAt = performance.now();
    this.#arm();
  }

  /** Forgets the connection. */
  stop(): void {
    this.rest();
    watched.delete(this);
    if (watched.size > 0 || timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    armedFor = Infinity;
  }

  #arm(): void {
    this.#due = this.#begunAt + this.#allowance;
    watched.add(this);
    if (this.#due < armedFor || armedFor + LOST_AFTER < performance.now()) armTimer(this.#due);
  }

  /** Looks at every deadline, and arms the timer for the earliest that is left. */
  static sweep(this: void): void {
    timer = undefined;
    armedFor = Infinity;
    const now = performance.now();
    let earliest = Infinity;
    for (const deadline of watched) {
      if (deadline.#due <= now) {
        deadline.#due = Infinity;
        deadline.#onExpire();
      }
      if (deadline.#due === Infinity) watched.delete(deadline);
      else earliest = Math.min(earliest, deadline.#due);
    }
    if (earliest < armedFor) armTimer(earliest);
  }
}

function armTimer(due: number): void {
  clearTimeout(timer);
  armedFor = due;
  // Rounded up: a timer may fire within the millisecond before its time.
  const delay = Math.min(MAX_DELAY, Math.max(1, Math.ceil(due - performance.now())));
  timer = setTimeout(MessageDeadline.sweep, delay);
  timer.unref();
}
