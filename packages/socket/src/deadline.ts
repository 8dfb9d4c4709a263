// Deadlines of many connections: one unref'ed timer for all of them, armed for the earliest. Setting one costs a comparison
// where an earlier one stands; calling one off costs nothing. Where the timer is late this process stood still: what came meanwhile
// is read before anybody is judged. Globals are looked up at each call, so a fake clock moves it.

const MAX_DELAY = 2 ** 31 - 1;
/** A timer later than this past its time belongs to a clock that was taken away. */
const LOST_AFTER = 1000;

/** A timer later than this stood behind work, or a process that was stopped. */
const LATE_AFTER = 10;

const watched = new Set<Deadline>();
let timer: NodeJS.Timeout | undefined;
let armedFor = Infinity;

/** One moment that something of a connection must not miss. Never early, late by what the timer is. */
export class Deadline {
  readonly #onExpire: () => void;
  /** When to expire, in the time of `performance.now()`. */
  #due = Infinity;

  /** `onExpire` must not throw; it may set the deadline anew. */
  constructor(onExpire: () => void) {
    this.#onExpire = onExpire;
  }

  /** Expires at `due`, in milliseconds of `performance.now()`, once. `Infinity` calls it off: the timer finds out by itself. */
  set(due: number): void {
    this.#due = due;
    if (due === Infinity) return;
    watched.add(this);
    if (due < armedFor || armedFor + LOST_AFTER < performance.now()) armTimer(due);
  }

  /** Calls it off for good, and the timer too where nothing else waits for it. */
  stop(): void {
    this.#due = Infinity;
    watched.delete(this);
    if (watched.size > 0 || timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    armedFor = Infinity;
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

function onTimer(): void {
  if (performance.now() - armedFor > LATE_AFTER) setImmediate(Deadline.sweep);
  else Deadline.sweep();
}

function armTimer(due: number): void {
  clearTimeout(timer);
  armedFor = due;
  // Rounded up: a timer may fire within the millisecond before its time.
  const delay = Math.min(MAX_DELAY, Math.max(1, Math.ceil(due - performance.now())));
  timer = setTimeout(onTimer, delay);
  timer.unref();
}
