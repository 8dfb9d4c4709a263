// Options of the tools that make life hard for code under test (faults, scripts, load) and of the leak check: type, default
// and check. A wrong value throws at the call that gave it.
import type { Socket } from 'node:net';
import type { Fault } from './faults.js';

const MAX_PORT = 65_535;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_SEED = 2 ** 32 - 1;
const MAX_HELD_BYTES = 2 ** 30;
const MAX_CONNECTIONS = 10_000_000;

/** Where a server is; what `address()` of a `net.Server` gives will do, for servers on TCP. */
export interface ServerAddress {
  /** From 1 to 65535. */
  readonly port: number;
  /** @defaultValue `address`, or 127.0.0.1 where that is absent or stands for every address */
  readonly host?: string | undefined;
  /** As in an `AddressInfo`. */
  readonly address?: string | undefined;
}

/** What can be connected to: an address, or a server (a `net.Server`, one of `createTCPServer`) that listens on TCP. */
export type ConnectTarget = ServerAddress | { address(): ServerAddress | string | null };

/** Options of `impair`. */
export interface ImpairOptions {
  /**
   * Decides which connections faults hit, and places cuts, jitter and flipped bits. From 0 to 2^32 - 1.
   * @defaultValue 0
   */
  seed?: number | undefined;
  /**
   * What the faults of one direction of one connection may hold in bytes, a piece counting as 128 at least; at this mark
   * the sender has to wait. A chunk that comes in goes in whole. With a latency no more than this passes in its time:
   * a link of 50 MB/s and 100 ms needs 5 MB. From 1 to 2^30.
   * @defaultValue 16777216
   */
  maxHeldBytes?: number | undefined;
}

/** Options of `faultProxy`. */
export interface FaultProxyOptions extends ImpairOptions {
  /** The server behind the proxy: a `net.Server` that listens, or where it does. */
  upstream: ConnectTarget;
  /**
   * What goes wrong from the beginning; `proxy.faults` changes it.
   * @defaultValue []
   */
  faults?: readonly Fault[] | undefined;
}

export interface ResolvedImpairOptions {
  seed: number;
  maxHeldBytes: number;
}

export function resolveImpairOptions(options: ImpairOptions): ResolvedImpairOptions {
  const { seed = 0, maxHeldBytes = 2 ** 24 } = options;
  checkInteger('seed', seed, 0, MAX_SEED);
  checkInteger('maxHeldBytes', maxHeldBytes, 1, MAX_HELD_BYTES);
  return { seed, maxHeldBytes };
}

export interface ResolvedProxyOptions extends ResolvedImpairOptions {
  upstream: { port: number; host: string };
  faults: readonly Fault[];
}

export function resolveFaultProxyOptions(options: FaultProxyOptions): ResolvedProxyOptions {
  const { upstream, faults = [] } = options;
  return { upstream: resolveTarget('upstream', upstream), faults, ...resolveImpairOptions(options) };
}

const EVERY_ADDRESS = ['::', '0.0.0.0'];

/** @throws TypeError for a server that does not listen on TCP. @throws RangeError for the port. */
export function resolveTarget(name: string, target: ConnectTarget): { port: number; host: string } {
  const where = typeof target.address === 'function' ? target.address() : target;
  if (where === null || typeof where !== 'object') {
    throw new TypeError(`${name} must be a server that listens on a TCP port, got one on ${where ?? 'none'}`);
  }
  const { port, address, host } = where as ServerAddress;
  checkInteger('port', port, 1, MAX_PORT);
  return { port, host: host ?? (address === undefined || EVERY_ADDRESS.includes(address) ? '127.0.0.1' : address) };
}

/** Options of `connectMany`. */
export interface ConnectManyOptions {
  /**
   * How many connections may be on their way at once, from the connect to the acceptance. From 1 to 65535.
   * @defaultValue 256
   */
  inFlight?: number | undefined;
  /**
   * Milliseconds that one connection may take to be accepted; then it counts as refused. From 1 to 2147483647.
   * @defaultValue 10000
   */
  acceptTimeout?: number | undefined;
  /** Is written as soon as the connection stands, for servers that speak second. */
  request?: Uint8Array | string | undefined;
  /**
   * Decides, after `request`, whether the server took the connection; it may read, and put back with `unshift`.
   * @defaultValue the first byte from the server, which stays unread
   */
  isAccepted?: ((socket: Socket) => boolean | Promise<boolean>) | undefined;
}

/** Options of `build` of a script. */
export interface ScriptOptions {
  /**
   * Real milliseconds, from `build`, in which the script must be over, also under a fake clock. From 1 to 2147483647. The
   * default is less than the time that runners give a test, so that the transcript is seen.
   * @defaultValue 4000
   */
  timeout?: number | undefined;
  /**
   * `false`: the socket ends itself when it has seen the script's `fin`, as in `net`.
   * @defaultValue false
   */
  allowHalfOpen?: boolean | undefined;
}

/** Options of `openHandles`. */
export interface OpenHandlesOptions {
  /**
   * Real milliseconds in which handles may still close when they are checked. From 0 to 2147483647.
   * @defaultValue 1000
   */
  closeTimeout?: number | undefined;
}

export interface ResolvedConnectManyOptions {
  target: { port: number; host: string };
  inFlight: number;
  acceptTimeout: number;
  request: Uint8Array | string | undefined;
  isAccepted: ((socket: Socket) => boolean | Promise<boolean>) | undefined;
}

export function resolveConnectManyOptions(
  target: ConnectTarget,
  count: number,
  options: ConnectManyOptions,
): ResolvedConnectManyOptions {
  const { inFlight = 256, acceptTimeout = 10_000, request, isAccepted } = options;
  checkInteger('count', count, 0, MAX_CONNECTIONS);
  checkInteger('inFlight', inFlight, 1, 65_535);
  checkInteger('acceptTimeout', acceptTimeout, 1, MAX_INT32);
  return { target: resolveTarget('target', target), inFlight, acceptTimeout, request, isAccepted };
}

export function resolveScriptOptions(options: ScriptOptions): { timeout: number; allowHalfOpen: boolean } {
  const { timeout = 4000, allowHalfOpen = false } = options;
  checkInteger('timeout', timeout, 1, MAX_INT32);
  return { timeout, allowHalfOpen };
}

export function resolveOpenHandlesOptions(options: OpenHandlesOptions): { closeTimeout: number } {
  const { closeTimeout = 1000 } = options;
  checkInteger('closeTimeout', closeTimeout, 0, MAX_INT32);
  return { closeTimeout };
}

/** @throws RangeError if `value` is no integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max: number): void {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${shown}`);
  }
}
