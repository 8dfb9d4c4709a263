// First in, first out, over an array that is used again: no work for what waits behind the one that is taken.

export class Ring<T extends object> {
  #places: (T | undefined)[] = Array.from({ length: 16 });
  #head = 0;
  count = 0;

  get first(): T | undefined {
    return this.#places[this.#head];
  }

  push(item: T): void {
    if (this.count === this.#places.length) this.#grow();
    this.#places[(this.#head + this.count++) & (this.#places.length - 1)] = item;
  }

  shift(): T | undefined {
    const item = this.#places[this.#head];
    if (item === undefined) return undefined;
    this.#places[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#places.length - 1);
    this.count--;
    return item;
  }

  clear(): void {
    while (this.shift() !== undefined);
  }

  #grow(): void {
    const { length } = this.#places;
    const places = Array.from<T | undefined>({ length: length * 2 });
    for (let at = 0; at < length; at++) places[at] = this.#places[(this.#head + at) & (length - 1)];
    this.#places = places;
    this.#head = 0;
  }
}
