// How many connections an address may open in a window, and hold at once. Addresses come in, verdicts go out. It sees no
// socket, has no timer, and never throws, whatever text an address is.
import { addressKey } from './address-key.js';
import { AddressTable } from './address-table.js';
import type { PoolErrorCode } from './errors.js';
import { checkCount, checkDuration, resolveConnectionThrottlerOptions, type ConnectionThrottlerOptions } from './options.js';

/** Whether a connection may be taken; core's `accept` takes it as it is. */
export type ThrottleVerdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: PoolErrorCode;
      /** When to come back, in milliseconds; `undefined` where that depends on when others end. */
      readonly retryAfter: number | undefined;
    };

const ACCEPTED: ThrottleVerdict = Object.freeze({ ok: true });

/**
 * Counts the connections of each address in a window that begins with its first one.
 *
 * @example
 * const throttle = new ConnectionThrottler(10, 60_000);
 * server.withOptions({
 *   tcp: {
 *     accept: (info) => throttle.check(info.remoteAddress),
 *     onDisconnect: (info) => throttle.releaseConnection(info.remoteAddress),
 *   },
 * });
 */
export class ConnectionThrottler {
  readonly #maxInWindow: number;
  readonly #window: number;
  readonly #maxHeld: number;
  /** Whether held connections are counted apart from the window. */
  readonly #countsHeld: boolean;
  readonly #now: () => number;
  readonly #table: AddressTable;
  /** What is left of the window of the address that was refused last. */
  #retryAfter: number | undefined;

  /**
   * @param maxConnectionsPerIP Connections of one address in a window: from 1 to 2147483647; `Infinity` is off.
   * @param timeWindow Milliseconds from an address's first connection until it is forgotten: from 1; `Infinity` never.
   * @throws RangeError for a number or an option out of range.
   */
  constructor(maxConnectionsPerIP = 10, timeWindow = 60_000, options: ConnectionThrottlerOptions = {}) {
    checkCount('maxConnectionsPerIP', maxConnectionsPerIP);
    checkDuration('timeWindow', timeWindow, 1);
    const { maxConcurrentPerIP, maxTrackedAddresses, now } = resolveConnectionThrottlerOptions(options);
    this.#maxInWindow = maxConnectionsPerIP;
    this.#window = timeWindow;
    this.#maxHeld = maxConcurrentPerIP;
    this.#countsHeld = maxConcurrentPerIP !== Infinity;
    this.#now = now;
    this.#table = new AddressTable(maxTrackedAddresses, timeWindow);
  }

  /** Entries in the table: at most `maxTrackedAddresses`. An address may have two while the table turns over. */
  get size(): number {
    return this.#table.size;
  }

  /** Counts a connection of this address, or says no. What was accepted is given back by `releaseConnection`. */
  canAcceptConnection(remoteAddress: string | undefined): boolean {
    return this.#admit(remoteAddress) === undefined;
  }

  /**
   * The same with a reason: `ERR_POOL_RATE_LIMITED` with `retryAfter`, `ERR_POOL_ADDRESS_FULL`, `ERR_POOL_TABLE_FULL`.
   */
  check(remoteAddress: string | undefined): ThrottleVerdict {
    const code = this.#admit(remoteAddress);
    if (code === undefined) return ACCEPTED;
    return { ok: false, code, retryAfter: code === 'ERR_POOL_RATE_LIMITED' ? this.#retryAfter : undefined };
  }

  /** Gives one connection of this address back: once for each that was accepted. Ones that are forgotten do nothing. */
  releaseConnection(remoteAddress: string | undefined): void {
    const key = addressKey(remoteAddress);
    const now = this.#now();
    const entry = this.#table.find(key, now);
    if (entry === undefined) return;
    if (!this.#countsHeld) {
      if (entry.count > 0) entry.count--;
    } else if (entry.held > 0) {
      entry.held--;
      if (entry.held === 0) this.#table.letGo(key, entry, now);
    }
  }

  #admit(remoteAddress: unknown): PoolErrorCode | undefined {
    const key = addressKey(remoteAddress);
    const now = this.#now();
    let entry = this.#table.find(key, now);
    if (entry === undefined) {
      entry = { count: 0, since: now, held: 0 };
      if (!this.#table.add(key, entry, now)) return 'ERR_POOL_TABLE_FULL';
    } else if (entry.held >= this.#maxHeld) {
      return 'ERR_POOL_ADDRESS_FULL';
    } else {
      const elapsed = now - entry.since;
      if (!(elapsed >= 0 && elapsed < this.#window)) {
        entry.count = 0;
        entry.since = now;
      } else if (entry.count >= this.#maxInWindow) {
        this.#retryAfter = this.#window === Infinity ? undefined : Math.ceil(this.#window - elapsed);
        return 'ERR_POOL_RATE_LIMITED';
      }
    }
    entry.count++;
    if (this.#countsHeld && entry.held++ === 0) this.#table.hold(key, entry);
    return undefined;
  }
}
