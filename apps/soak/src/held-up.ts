// How long the machine kept this process from running: what a bound on time has to leave out, for no promise of ours can
// hold while we do not run. Time that we used ourselves is not left out.

const INTERVAL_MILLISECONDS = 5;

export class HeldUp implements Disposable {
  readonly #stolen: { at: number; milliseconds: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #at = performance.now();
  #used = process.cpuUsage();
  #loop = performance.eventLoopUtilization();

  constructor() {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MILLISECONDS);
  }

  /** Milliseconds since `at`, of `performance.now()`, in which this process wanted to run and could not. */
  since(at: number): number {
    this.#look();
    let sum = 0;
    // From the end: what is asked about has mostly just been.
    for (let index = this.#stolen.length - 1; index >= 0; index--) {
      const one = this.#stolen[index] as { at: number; milliseconds: number };
      if (one.at <= at) break;
      sum += one.milliseconds;
    }
    return sum;
  }

  /** The same, in each of `count` windows of `width` milliseconds from `at` on. What ends in a window counts there. */
  inWindows(at: number, width: number, count: number): number[] {
    this.#look();
    const windows = Array.from({ length: count }, () => 0);
    for (const one of this.#stolen) {
      const window = Math.floor((one.at - at) / width);
      if (window in windows) windows[window] = (windows[window] as number) + one.milliseconds;
    }
    return windows;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Time that is neither ours nor idle, or a look that came late though we did not use the time: held up, the longer of both. */
  #look(): void {
    const now = performance.now();
    const elapsed = now - this.#at;
    const { user, system } = process.cpuUsage(this.#used);
    const { idle } = performance.eventLoopUtilization(this.#loop);
    const milliseconds = elapsed - Math.min(idle, INTERVAL_MILLISECONDS) - (user + system) / 1000;
    if (milliseconds > 0) this.#stolen.push({ at: now, milliseconds });
    this.#at = now;
    this.#used = process.cpuUsage();
    this.#loop = performance.eventLoopUtilization();
  }
}
