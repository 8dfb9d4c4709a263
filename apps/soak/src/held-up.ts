// How long the machine kept this process from running: what a bound on time has to leave out, for no promise of ours can
// hold while we do not run. Time that we used ourselves is not left out.

const INTERVAL_MILLISECONDS = 5;

export class HeldUp implements Disposable {
  readonly #stolen: { at: number; milliseconds: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #at = performance.now();
  #used = process.cpuUsage();

  constructor() {
    this.#timer = setInterval(() => this.#look(), INTERVAL_MILLISECONDS);
  }

  /** Milliseconds since `at`, of `performance.now()`, in which this process wanted to run and could not. */
  since(at: number): number {
    this.#look();
    return this.#stolen.reduce((sum, one) => (one.at > at ? sum + one.milliseconds : sum), 0);
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

  /** A look that comes late, though we did not use the time, was held up. */
  #look(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#used);
    const milliseconds = now - this.#at - INTERVAL_MILLISECONDS - (user + system) / 1000;
    if (milliseconds > 0) this.#stolen.push({ at: now, milliseconds });
    this.#at = now;
    this.#used = process.cpuUsage();
  }
}
