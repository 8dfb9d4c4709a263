// What is remembered of addresses, bounded and without timers. Keys in, entries out. Two kinds live apart: those that hold
// connections, which are never dropped, and the others, in two generations: when the young one is full, or a window has
// passed, it becomes the old one, and what was in the old one and has not been seen since is dropped.

/** What is remembered of one address. */
export interface AddressEntry {
  /** Connections counted in the window. */
  count: number;
  /** When the window began. */
  since: number;
  /** Connections held now. */
  held: number;
}

export class AddressTable {
  readonly #max: number;
  /** An entry not seen for so long says nothing any more, and is dropped as time goes by. Milliseconds. */
  readonly #lifetime: number;
  readonly #holding = new Map<string, AddressEntry>();
  #young = new Map<string, AddressEntry>();
  #old = new Map<string, AddressEntry>();
  #turnedAt = -Infinity;

  constructor(maxEntries: number, lifetime: number) {
    this.#max = maxEntries;
    this.#lifetime = lifetime;
  }

  /** Entries in memory; one seen in both generations counts twice. Never more than the maximum. */
  get size(): number {
    return this.#holding.size + this.#young.size + this.#old.size;
  }

  /** The entry of a key, which is young from now on. */
  find(key: string, now: number): AddressEntry | undefined {
    const age = now - this.#turnedAt;
    if (!(age >= 0 && age < this.#lifetime)) this.#age(age, now);
    const found = this.#young.get(key) ?? (this.#holding.size === 0 ? undefined : this.#holding.get(key));
    if (found !== undefined) return found;
    const old = this.#old.get(key);
    if (old !== undefined) this.#keep(key, old, now);
    return old;
  }

  /** A new entry that holds nothing; `false`, and nothing was kept, where all the table holds connections. */
  add(key: string, entry: AddressEntry, now: number): boolean {
    if (this.#holding.size >= this.#max) return false;
    this.#keep(key, entry, now);
    return true;
  }

  /** From now on the entry, which is in the table, must not be dropped. */
  hold(key: string, entry: AddressEntry): void {
    this.#young.delete(key);
    this.#old.delete(key);
    this.#holding.set(key, entry);
  }

  /** The entry holds nothing any more. */
  letGo(key: string, entry: AddressEntry, now: number): void {
    this.#holding.delete(key);
    this.#keep(key, entry, now);
  }

  /** A generation has half of what those that hold leave, so that both fit at any time. */
  #keep(key: string, entry: AddressEntry, now: number): void {
    if (this.#young.size >= (this.#max - this.#holding.size) >> 1) this.#turn(now);
    if (this.size >= this.#max) this.#old = new Map();
    this.#young.set(key, entry);
  }

  #turn(now: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#turnedAt = now;
  }

  /** Two lifetimes make the young ones useless as well; so does a clock that has gone back. */
  #age(age: number, now: number): void {
    this.#turn(now);
    if (!(age < 2 * this.#lifetime && age >= 0)) this.#turn(now);
  }
}
