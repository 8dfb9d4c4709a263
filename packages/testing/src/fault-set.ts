// Which faults act now, and on which connections. It decides, from the seed, which connection a fault hits, so that the
// n-th connection of a run meets the same faults in every run.
import { resolveFault } from './fault-check.js';
import type { Fault, ResolvedFault } from './faults.js';
import { createRandom, deriveSeed } from './random.js';
import type { Relay } from './relay.js';

/** A fault that acts. `using` removes it at the end of the block. */
export interface ActiveFault {
  readonly fault: Fault;
  /** Ends the fault, for open connections too; what it held goes on its way at once, in order. */
  remove(): void;
  /** `remove`. */
  [Symbol.dispose](): void;
}

interface Entry {
  fault: ResolvedFault;
  /** Counts all that were ever added, so that removing one changes nothing for the others. */
  number: number;
}

const CHANCES = 2 ** 32;

/** The faults of a proxy or of an impaired socket, to be changed at any time. */
export interface FaultSet {
  /** What decided and drew. */
  readonly seed: number;
  /** How many faults act. */
  readonly size: number;
  /**
   * Adds a fault, behind those that are there: for open connections and for those to come.
   *
   * @throws RangeError for a parameter out of range.
   */
  add(fault: Fault): ActiveFault;
  /** Removes every fault. */
  clear(): void;
  /** For messages of assertions: `seed 7: latency (delay 20, jitter 10, direction both, probability 1)`. */
  toString(): string;
}

/** The set behind both tools. */
export class LiveFaults implements FaultSet {
  readonly seed: number;
  readonly #entries: Set<Entry> = new Set();
  /** Each with its number. */
  readonly #relays: Map<Relay, number> = new Map();
  #faultsAdded = 0;
  #relaysJoined = 0;

  constructor(faults: readonly Fault[], seed: number) {
    this.seed = seed;
    for (const fault of faults) this.add(fault);
  }

  get size(): number {
    return this.#entries.size;
  }

  add(fault: Fault): ActiveFault {
    const entry: Entry = { fault: resolveFault(fault), number: this.#faultsAdded++ };
    this.#entries.add(entry);
    for (const [relay, number] of this.#relays) this.#apply(entry, relay, number);
    const remove = (): void => this.#remove(entry);
    return { fault, remove, [Symbol.dispose]: remove };
  }

  clear(): void {
    for (const entry of this.#entries) this.#remove(entry);
  }

  toString(): string {
    const faults = [...this.#entries].map(({ fault: { type, ...parameters } }) => {
      return `${type} (${Object.entries(parameters).map(([name, value]) => `${name} ${value}`).join(', ')})`;
    });
    return `seed ${this.seed}: ${faults.join(', ') || 'no faults'}`;
  }

  /** A new connection meets the faults, in the order in which they were added. */
  join(relay: Relay): void {
    const number = this.#relaysJoined++;
    this.#relays.set(relay, number);
    void relay.closed.then(() => this.#relays.delete(relay));
    for (const entry of this.#entries) this.#apply(entry, relay, number);
  }

  #apply(entry: Entry, relay: Relay, relayNumber: number): void {
    const seed = deriveSeed(this.seed, relayNumber, entry.number);
    if (createRandom(seed)(CHANCES) >= entry.fault.probability * CHANCES) return;
    relay.add(entry, entry.fault, seed);
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    for (const relay of this.#relays.keys()) relay.remove(entry);
  }
}
