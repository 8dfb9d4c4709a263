// Every option of the package: its type, its default and its check. A wrong value throws at the call that gave it.
import type { Socket } from 'node:net';

/** The mark of every socket of this toolkit, whatever the version of Node. */
const DEFAULT_HIGH_WATER_MARK_BYTES = 64 * 1024;
const MAX_HIGH_WATER_MARK_BYTES = 2 ** 30;
const MAX_PORT = 65_535;
const MAX_INT32 = 2 ** 31 - 1;
const MAX_SEED = 2 ** 32 - 1;

/** Where one end of an in-memory pair claims to be. */
export interface PairAddress {
  /** An IP address, as `net` would report it. */
  address: string;
  /** 0 to 65535. */
  port: number;
}

/** Options of `socketPair`. Both ends get the same ones. */
export interface SocketPairOptions {
  /**
   * Where the first and the second end are; each is the other's remote. `null`: neither has an address, as on unix
   * sockets.
   * @defaultValue 127.0.0.1 with a port of its own for the first end, and 127.0.0.1:8080 for the second
   */
  addresses?: readonly [PairAddress, PairAddress] | null | undefined;
  /**
   * The mark of each buffer in bytes: what an end holds unread, what is under way, and when `write` gives `false`.
   * At the mark the writer waits, nothing is lost. From 1 to 2^30.
   * @defaultValue 65536
   */
  highWaterMarkBytes?: number | undefined;
  /**
   * `false`: an end that has seen the peer's end ends itself, as in `net`.
   * @defaultValue false
   */
  allowHalfOpen?: boolean | undefined;
  /**
   * With a seed, bytes arrive cut and joined at random, the same way for the same seed and the same writes. Without, a
   * write of up to 64 KiB is one chunk. From 0 to 2^32 - 1.
   * @defaultValue none
   */
  seed?: number | undefined;
}

/** Options of `createTCPClient`. */
export interface TCPClientOptions {
  /**
   * `false`: the client ends itself when it has seen the peer's end, as in `net`.
   * @defaultValue false
   */
  allowHalfOpen?: boolean | undefined;
  /**
   * The mark of both directions in bytes; past it `write` gives `false`. From 1 to 2^30.
   * @defaultValue 65536
   */
  highWaterMarkBytes?: number | undefined;
}

/** Options of `createTCPServer`. */
export interface TCPServerOptions extends TCPClientOptions {
  /**
   * The port to listen on; 0 takes a free one. A port in use makes `createTCPServer` throw. From 0 to 65535.
   * @defaultValue 0
   */
  port?: number | undefined;
  /** Called for each connection. What it throws or rejects with ends that connection, and `close` rejects with it. */
  onConnection?: ((socket: Socket) => unknown) | undefined;
  /**
   * Takes what `onConnection` threw, where a test wants that: `close` then does not reject.
   * @defaultValue a warning of the process at once, and a `close` that rejects
   */
  onError?: ((error: Error) => void) | undefined;
}

export interface ResolvedPairOptions {
  addresses: readonly [PairAddress, PairAddress] | null | undefined;
  highWaterMarkBytes: number;
  allowHalfOpen: boolean;
  seed: number | undefined;
}

export function resolveSocketPairOptions(options: SocketPairOptions = {}): ResolvedPairOptions {
  const { addresses, seed } = options;
  if (seed !== undefined) checkInteger('seed', seed, 0, MAX_SEED);
  for (const end of addresses ?? []) checkInteger('port', end.port, 0, MAX_PORT);
  return { addresses, seed, ...resolveTCPClientOptions(options) };
}

export interface ResolvedClientOptions {
  allowHalfOpen: boolean;
  highWaterMarkBytes: number;
}

export function resolveTCPClientOptions(options: TCPClientOptions = {}): ResolvedClientOptions {
  const { allowHalfOpen = false, highWaterMarkBytes = DEFAULT_HIGH_WATER_MARK_BYTES } = options;
  checkInteger('highWaterMarkBytes', highWaterMarkBytes, 1, MAX_HIGH_WATER_MARK_BYTES);
  return { allowHalfOpen, highWaterMarkBytes };
}

export interface ResolvedServerOptions extends ResolvedClientOptions {
  port: number;
  onConnection: (socket: Socket) => unknown;
  onError: ((error: Error) => void) | undefined;
}

export function resolveTCPServerOptions(options: TCPServerOptions = {}): ResolvedServerOptions {
  const { port = 0, onConnection = () => {}, onError } = options;
  checkInteger('port', port, 0, MAX_PORT);
  return { port, onConnection, onError, ...resolveTCPClientOptions(options) };
}

/**
 * What a kind of socket may do without:
 * - `'addresses'`: it has none, as unix sockets. All four are then `undefined`.
 * - `'reset'`: to the peer, `destroy` with unread input is a clean end, where a socket of `net` resets.
 * - `'asyncIterator'`: `for await` over the socket.
 * - `'unref'`: `unref()`.
 */
export type ConformanceCapability = 'addresses' | 'reset' | 'asyncIterator' | 'unref';

/** What the maker of pairs declares to `tcpSocketConformance`. */
export interface ConformanceOptions {
  /**
   * What this kind of socket cannot do. Such a rule is not skipped: its case asserts the lack, so a wrong declaration
   * fails.
   * @defaultValue []
   */
  lacks?: readonly ConformanceCapability[] | undefined;
  /**
   * Milliseconds that one case may take; then it fails with `ERR_TESTING_CASE_TIMEOUT`. From 1 to 2147483647. Give the
   * runner's own time for a test more, or it ends the case without a word.
   * @defaultValue 15000
   */
  timeout?: number | undefined;
}

export interface ResolvedConformanceOptions {
  lacks: readonly ConformanceCapability[];
  timeout: number;
}

export function resolveConformanceOptions(options: ConformanceOptions): ResolvedConformanceOptions {
  const { lacks = [], timeout = 15_000 } = options;
  checkInteger('timeout', timeout, 1, MAX_INT32);
  return { lacks, timeout };
}

/** @throws RangeError if `value` is no integer from `min` to `max`. */
export function checkInteger(name: string, value: unknown, min: number, max: number): void {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${shown(value)}`);
  }
}

/** A value as a message shows it: a string in quotes. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
