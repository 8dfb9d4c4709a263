// Which ids are ours, which are the peer's, and which were used. Ids are never reused.
import type { Codec, Role } from './codec.js';

/** Closed ids that are remembered of a peer which opens in any order; past that, ids must rise. */
const MAX_REMEMBERED = 8192;

/** What an id that the peer opens is. */
export type PeerId = 'new' | 'used' | 'ours';

export class StreamIds {
  readonly #ranges: Codec['ids'];
  #role: Role | undefined;
  #next = 0;
  #highestOfPeer = 0;
  /** Of a minimal peer, which may open in any order. */
  readonly #opened = new Set<number>();

  constructor(ranges: Codec['ids'], role: Role | undefined) {
    this.#ranges = ranges;
    if (role !== undefined) this.role = role;
  }

  get role(): Role | undefined {
    return this.#role;
  }

  /** Settles who we are; once. */
  set role(role: Role | undefined) {
    if (role === undefined || this.#role !== undefined) return;
    this.#role = role;
    this.#next = this.#ranges[role];
  }

  /** The next of our own ids, 0 where they are used up. */
  take(): number {
    const last = this.#role === 'server' ? this.#ranges.lastServer : this.#ranges.lastClient;
    // A minimal peer that counts 1, 2, 3 may have taken it.
    while (this.#opened.has(this.#next)) this.#next += 2;
    if (this.#next > last) return 0;
    const id = this.#next;
    this.#next += 2;
    return id;
  }

  /** Whether we may have opened it. */
  isOurs(id: number): boolean {
    return this.#role !== undefined && id % 2 === this.#ranges[this.#role] % 2 && id >= this.#ranges[this.#role];
  }

  /** Whether we have opened it, or the peer has. */
  wasOpened(id: number): boolean {
    return (this.isOurs(id) && id < this.#next) || id <= this.#highestOfPeer || this.#opened.has(id);
  }

  /** The highest that the peer has opened, 0 for none. */
  get highestOfPeer(): number {
    return this.#highestOfPeer;
  }

  /** Notes that the peer opens `id`. `isStrict`: as between extended ends, parity and order count. */
  open(id: number, isStrict: boolean): PeerId {
    const used = this.isOurs(id) && (isStrict || id < this.#next);
    if (used) return 'ours';
    if (id <= this.#highestOfPeer && (isStrict || this.#opened.has(id) || this.#opened.size >= MAX_REMEMBERED)) return 'used';
    if (!isStrict && this.#opened.size < MAX_REMEMBERED) this.#opened.add(id);
    this.#highestOfPeer = Math.max(this.#highestOfPeer, id);
    return 'new';
  }

  /** The peer counts strictly: nothing needs remembering. */
  forget(): void {
    this.#opened.clear();
  }
}
