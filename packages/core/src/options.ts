// What a server can be told: each option with its meaning, its default and its check, on one page. Settings of a later
// call replace those of an earlier one key by key; handlers add up.
import type { Socket } from 'node:net';
import { encodeMessage, type MessageEncoder } from '@verb-tcp/socket/message';

/** Who is connected. Read once, when the connection was accepted: sockets forget their addresses after a reset. */
export interface ConnectionInfo {
  /** Unique on this server, counting from 1. */
  readonly id: number;
  /** The client's address, `1.2.3.4` also where the system says `::ffff:1.2.3.4`; absent if it was gone at once. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** How a connection went, told once it is over. */
export interface Disconnection {
  /** The error that ended it: the system's, a `TCPError`, or what `destroy` was given. Absent after a clean end. */
  readonly reason: Error | undefined;
  readonly bytesRead: number;
  /** Bytes given to `write`, of which the last ones may not have reached the peer. */
  readonly bytesWritten: number;
  /** How long it was open, in milliseconds. */
  readonly duration: number;
}

/** An answer of `accept` that says more than yes or no. */
export interface Verdict {
  readonly ok: boolean;
  /** Why not: the `reason` that `onRefuse` gets and `stats()` counts by. */
  readonly code?: string | undefined;
  /** When to come back, in milliseconds. Handed on to `onRefuse`. */
  readonly retryAfter?: number | undefined;
}

export interface ServerOptions {
  /** The port to listen on; 0 lets the system choose. `listen(port)` overrides it. @defaultValue 0 */
  port?: number | undefined;
  /** The address to listen on; `'::'` takes IPv4 as well. `listen(port, host)` overrides it. @defaultValue '0.0.0.0' */
  host?: string | undefined;
  /** Everything else. */
  tcp?: TCPOptions | undefined;
}

/** A handler may be `async`; where it throws or rejects see `ERR_TCP_HANDLER_FAILED`. */
export interface TCPHandlers {
  /**
   * A new connection, with nothing read from it yet. Attach the `'data'` listener before the first `await`, or pause.
   */
  onConnection?: ((socket: Socket, info: ConnectionInfo) => unknown) | undefined;
  /** The end of a connection that `onConnection` saw: exactly one for each, whatever ended it. */
  onDisconnect?: ((info: ConnectionInfo, end: Disconnection) => unknown) | undefined;
  /**
   * Whether to take a connection, asked at once and answered at once (not by a promise), before the application sees
   * it. With several, all must agree.
   */
  accept?: ((info: ConnectionInfo) => boolean | Verdict) | undefined;
  /** A connection was refused; `reason` is a code. Every refusal comes here and is counted in `stats()`. */
  onRefuse?: ((reason: string, info: ConnectionInfo, verdict?: Verdict) => unknown) | undefined;
  /** A fault of the server: it could not listen, or a handler failed. Never an error of one connection's peer. */
  onError?: ((error: Error) => unknown) | undefined;
  /** The server listens. */
  onListening?: (() => unknown) | undefined;
  /** The server stopped listening and its last connection ended. */
  onClose?: (() => unknown) | undefined;
}

export interface TCPSettings {
  /**
   * The connections that the system may hold ready between two accepts; past it clients wait, and some for ever. The
   * system lowers it to its own limit. From 1 to 65535. The default is far above Node's 511, at which a burst of 2 000
   * leaves hundreds connected and never served. @defaultValue 4096
   */
  backlog?: number | undefined;
  /** Under `node:cluster`, do not share the port with the other workers. @defaultValue false */
  exclusive?: boolean | undefined;
  /** Keep our direction open when the peer ends its own; `end()` is then yours to call. @defaultValue false */
  allowHalfOpen?: boolean | undefined;
  /** Hand connections over paused: nothing is read before `resume()`. @defaultValue false */
  pauseOnConnect?: boolean | undefined;
  /** Bytes read ahead of the application, at most; then the peer feels back-pressure. From 1. @defaultValue 65536 */
  readableHighWaterMark?: number | undefined;
  /** Pending bytes at which `write` starts to return `false`. From 1. @defaultValue 65536 */
  writableHighWaterMark?: number | undefined;
  /** Let the system probe idle peers, so that dead ones are noticed. @defaultValue true */
  keepAlive?: boolean | undefined;
  /** Idle milliseconds before the first probe; whole seconds count. From 1000. @defaultValue 60000 */
  keepAliveInitialDelay?: number | undefined;
  /** Send small writes at once (no Nagle delay). @defaultValue true */
  noDelay?: boolean | undefined;
  /**
   * Milliseconds without a byte in either direction, after which the connection is destroyed with `ERR_TCP_TIMEOUT`, at
   * most an eighth later. From 1; 0 or `Infinity` switches it off. Looked at by one timer for all connections;
   * `socket.setTimeout` stays yours. @defaultValue 300000
   */
  timeout?: number | undefined;
  /**
   * Milliseconds that pending output may stand still (a peer that stopped reading), after which the connection is
   * destroyed with `ERR_TCP_WRITE_STALLED`, at most an eighth later. From 1; 0 or `Infinity` switches it off. The idea is
   * Erlang's `send_timeout`. @defaultValue 30000
   */
  writeStallTimeout?: number | undefined;
  /**
   * Open connections, at most; further ones are refused with `ERR_TCP_CONNECTION_LIMIT`. From 0 (all are refused), or
   * `Infinity`. The default is 10000, or less where the limit of open files is low (limit − max(32, limit ÷ 8)),
   * because above that limit Node accepts and drops connections with no event at all. @defaultValue 10000
   */
  maxConnections?: number | undefined;
}

/** Settings and handlers together, as users write them. */
export interface TCPOptions extends TCPSettings, TCPHandlers {}

/** Every setting with a value. `maxConnections` stays open until `listen` looks at the limit of open files. */
export type ResolvedSettings = { readonly [K in keyof TCPSettings]-?: Exclude<TCPSettings[K], undefined> };

export const defaultSettings: ResolvedSettings = {
  backlog: 4096,
  exclusive: false,
  allowHalfOpen: false,
  pauseOnConnect: false,
  readableHighWaterMark: 65_536,
  writableHighWaterMark: 65_536,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  noDelay: true,
  timeout: 300_000,
  writeStallTimeout: 30_000,
  maxConnections: 10_000,
};

const MAX_INT32 = 2_147_483_647;

/** From, to, and whether `Infinity` is a value. Settings that are not here are booleans. */
const ranges: { readonly [K in keyof TCPSettings]?: readonly [from: number, to: number, orInfinity?: true] } = {
  backlog: [1, 65_535],
  readableHighWaterMark: [1, MAX_INT32],
  writableHighWaterMark: [1, MAX_INT32],
  keepAliveInitialDelay: [1000, MAX_INT32],
  timeout: [0, MAX_INT32, true],
  writeStallTimeout: [0, MAX_INT32, true],
  maxConnections: [0, MAX_INT32, true],
};

/** Checks the settings among `options` and gives them alone, absent ones left out. @throws RangeError, TypeError */
export function checkSettings(options: TCPOptions): Partial<ResolvedSettings> {
  const settings: Record<string, unknown> = {};
  for (const name of Object.keys(defaultSettings) as (keyof TCPSettings)[]) {
    const value = options[name];
    if (value === undefined) continue;
    const range = ranges[name];
    if (range === undefined) {
      if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, got ${String(value)}`);
    } else {
      checkNumber(name, value, range);
    }
    settings[name] = value;
  }
  return settings;
}

/** @throws RangeError unless `port` is an integer from 0 to 65535. */
export function checkPort(port: unknown): asserts port is number {
  checkNumber('port', port, [0, 65_535]);
}

function checkNumber(name: string, value: unknown, range: readonly [number, number, true?]): void {
  const [from, to, orInfinity] = range;
  if (orInfinity && value === Infinity) return;
  if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return;
  const infinity = orInfinity ? ', or Infinity' : '';
  throw new RangeError(`${name} must be an integer from ${from} to ${to}${infinity}, got ${String(value)}`);
}

export const handlerNames: readonly (keyof TCPHandlers)[] = [
  'onConnection',
  'onDisconnect',
  'accept',
  'onRefuse',
  'onError',
  'onListening',
  'onClose',
];

/** Checks the handlers among `options`. @throws TypeError */
export function checkHandlers(options: TCPOptions): void {
  for (const name of handlerNames) {
    const handler = options[name];
    if (handler !== undefined && typeof handler !== 'function') {
      throw new TypeError(`${name} must be a function, got ${typeof handler}`);
    }
  }
}

/** @throws RangeError unless it is milliseconds, 0 and `Infinity` included. */
export function checkGracePeriod(gracePeriod: unknown): void {
  checkNumber('gracePeriod', gracePeriod, [0, MAX_INT32, true]);
}

/** @throws TypeError unless it is bytes, or absent. */
export function checkNotice(notice: unknown): void {
  if (notice === undefined || typeof notice === 'string' || notice instanceof Uint8Array) return;
  throw new TypeError(`notice must be a string or a Uint8Array, got ${notice === null ? 'null' : typeof notice}`);
}

/** How `TCPServerManager` shuts a server down. */
export interface TCPServerManagerOptions {
  /**
   * Milliseconds from the notice until what is left is destroyed with `ERR_TCP_DRAIN_TIMEOUT`. From 0; `Infinity` waits
   * for ever. @defaultValue 30000
   */
  gracePeriod?: number | undefined;
  /** The signals to act on; `[]` for none. A second one ends the period at once. @defaultValue ['SIGTERM', 'SIGINT'] */
  signals?: readonly NodeJS.Signals[] | undefined;
  /** Turns the notice into bytes; `JSON.stringify` gives it without a frame. @defaultValue encodeMessage */
  encode?: MessageEncoder | undefined;
  /**
   * Exit the process afterwards: with 0, or 128 and the signal's number where a second signal cut it short.
   * @defaultValue true
   */
  exit?: boolean | undefined;
}

export type ResolvedManagerOptions = { readonly [K in keyof TCPServerManagerOptions]-?: Exclude<TCPServerManagerOptions[K], undefined> };

/** @throws RangeError, TypeError */
export function resolveManagerOptions(options: TCPServerManagerOptions): ResolvedManagerOptions {
  const { gracePeriod = 30_000, signals = ['SIGTERM', 'SIGINT'], encode = encodeMessage, exit = true } = options;
  checkGracePeriod(gracePeriod);
  if (!Array.isArray(signals)) throw new TypeError(`signals must be an array, got ${typeof signals}`);
  if (typeof encode !== 'function') throw new TypeError(`encode must be a function, got ${typeof encode}`);
  if (typeof exit !== 'boolean') throw new TypeError(`exit must be a boolean, got ${String(exit)}`);
  return { gracePeriod, signals, encode, exit };
}
