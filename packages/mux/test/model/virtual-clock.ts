// Time that passes only when told to: timers and `performance.now` of this process, so that a run with timeouts takes no
// real time and is the same for the same seed. Turns of the event loop (`setImmediate`) stay real.

type Callback = (...args: unknown[]) => void;

class VirtualTimer {
  dueAt = 0;
  readonly #clock: VirtualClock;

  constructor(
    clock: VirtualClock,
    readonly callback: Callback,
    readonly delay: number,
    readonly isRepeated: boolean,
    readonly args: unknown[],
  ) {
    this.#clock = clock;
    this.refresh();
  }

  refresh(): this {
    this.dueAt = this.#clock.now + this.delay;
    this.#clock.timers.add(this);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }

  close(): this {
    this.#clock.timers.delete(this);
    return this;
  }
}

const STARTS_AT = 1000;

/** Takes the place of the process's timers until `restore`. */
export class VirtualClock {
  now: number = STARTS_AT;
  readonly timers: Set<VirtualTimer> = new Set();
  readonly #real = { setTimeout, clearTimeout, setInterval, clearInterval };
  readonly #realNow: () => number = performance.now;

  constructor() {
    const start = (isRepeated: boolean) => (callback: Callback, delay?: number, ...args: unknown[]) => {
      return new VirtualTimer(this, callback, Math.max(1, Number(delay) || 1), isRepeated, args);
    };
    const clear = (timer: unknown): void => {
      if (timer instanceof VirtualTimer) timer.close();
    };
    Object.assign(globalThis, { setTimeout: start(false), setInterval: start(true), clearTimeout: clear, clearInterval: clear });
    performance.now = () => this.now;
  }

  /** Lets `milliseconds` pass and runs what falls due, in its order. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let timer = this.#nextUntil(end); timer !== undefined; timer = this.#nextUntil(end)) {
      this.now = Math.max(this.now, timer.dueAt);
      if (timer.isRepeated) timer.refresh();
      else timer.close();
      timer.callback(...timer.args);
    }
    this.now = end;
  }

  restore(): void {
    Object.assign(globalThis, this.#real);
    performance.now = this.#realNow;
  }

  #nextUntil(end: number): VirtualTimer | undefined {
    let first: VirtualTimer | undefined;
    for (const timer of this.timers) if (timer.dueAt <= end && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
    return first;
  }
}
