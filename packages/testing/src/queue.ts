// First in, first out, however long the line: `shift` of a long array moves all that is behind, which takes quadratic time
// for many short pieces. Pure: no events, no timers.

/** What has left is cut off when it is this long, and half of all. */
const MIN_GONE = 1024;

/** See the head of this file. */
export class Queue<T> {
  #items: T[] = [];
  #gone = 0;

  /** What leaves next, or `undefined`. */
  get first(): T | undefined {
    return this.#items[this.#gone];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the first away, or does nothing. */
  shift(): T | undefined {
    const { first } = this;
    if (this.#gone < this.#items.length) this.#gone++;
    if (this.#gone >= MIN_GONE && this.#gone * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#gone);
      this.#gone = 0;
    }
    return first;
  }

  /** Puts `item` in the place of the first. */
  replaceFirst(item: T): void {
    this.#items[this.#gone] = item;
  }

  clear(): void {
    this.#items = [];
    this.#gone = 0;
  }
}
