// Things that come one after the other, and whoever waits for the next one. Nothing is lost or given twice.
export class Mailbox<T> {
  /** All that ever came. */
  readonly all: T[] = [];
  #taken = 0;
  readonly #waiting: ((thing: T) => void)[] = [];

  put(thing: T): void {
    this.all.push(thing);
    const wake = this.#waiting.shift();
    if (wake === undefined) return;
    this.#taken++;
    wake(thing);
  }

  /** The next one that nobody was given yet; waits for it. */
  next(): Promise<T> {
    if (this.#taken < this.all.length) return Promise.resolve(this.all[this.#taken++] as T);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
