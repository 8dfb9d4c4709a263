// `setTimeout` of a socket without a kernel: tells once when nothing moved for a while, and again only after something
// moved. The globals are looked up at each call, so that fake timers reach it; it never keeps the process alive.

/** One socket's idle timer. */
export class IdleTimer {
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /** Begins a period of so many milliseconds; 0 switches the timer off. */
  start(milliseconds: number): void {
    this.stop();
    if (milliseconds === 0) return;
    this.#timer = globalThis.setTimeout(this.#onIdle, milliseconds);
    this.#timer.unref();
  }

  /** A byte moved: the period begins anew, also where it had already run out. */
  refresh(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    if (this.#timer !== undefined) globalThis.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
