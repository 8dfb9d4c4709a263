// What outgoing connections can be told: options of `connect`, `reconnecting` and `TCPConnectionRecovery`, with their
// defaults and checks.
import type { ConnectionOptions as TLSConnectionOptions } from 'node:tls';

const MAX_INT32 = 2_147_483_647;

/** Where to connect to, and how long to try. Either `port` (and `host`) or `path`. */
export interface ConnectOptions {
  /** @defaultValue 'localhost' */
  host?: string | undefined;
  /** From 1 to 65535. */
  port?: number | undefined;
  /** A unix socket, in place of `port` (and `host`). */
  path?: string | undefined;
  /** Speak TLS: the options of `tls.connect`; `{}` for its defaults. The server's name (SNI) is `host`, where that is no address. */
  tls?: TLSConnectionOptions | undefined;
  /** Milliseconds until the connection must be usable, TLS included; then `ERR_TCP_CONNECT_TIMEOUT`. @defaultValue 10000 */
  connectTimeout?: number | undefined;
  /** Cancels the attempt; not the connection, once it is there. */
  signal?: AbortSignal | undefined;
  /** Send small writes at once. @defaultValue true */
  noDelay?: boolean | undefined;
  /** Let the system probe an idle peer, after `keepAliveInitialDelay`. @defaultValue true */
  keepAlive?: boolean | undefined;
  /** Idle milliseconds before the first probe. @defaultValue 60000 */
  keepAliveInitialDelay?: number | undefined;
  /** Keep our direction open when the peer ends its own. @defaultValue false */
  allowHalfOpen?: boolean | undefined;
  /** Bytes read ahead of the application. @defaultValue 65536 */
  readableHighWaterMark?: number | undefined;
  /** Pending bytes at which `write` returns `false`. @defaultValue 65536 */
  writableHighWaterMark?: number | undefined;
}

/** When to try again, and when to give up. */
export interface ReconnectOptions {
  /** Milliseconds of the first wait, at most: see `jitter`. From 0. @defaultValue 200 */
  initialDelay?: number | undefined;
  /** Milliseconds of every wait, at most. @defaultValue 30000 */
  maxDelay?: number | undefined;
  /** Each wait is this many times the one before. From 1. @defaultValue 2 */
  factor?: number | undefined;
  /** `'full'`: a random part of each wait, so that a thousand clients do not come back together. @defaultValue 'full' */
  jitter?: 'full' | 'none' | undefined;
  /** Tries in a row without a stable connection; then `ERR_TCP_RECONNECT_EXHAUSTED`. From 1. @defaultValue Infinity */
  maxAttempts?: number | undefined;
  /** Milliseconds a connection must live for the tries before it to be forgotten. From 0. @defaultValue 5000 */
  stableAfter?: number | undefined;
  /** Ends the series; the socket given last is left as it is. */
  signal?: AbortSignal | undefined;
}

/** What `TCPConnectionRecovery` does about clients whose connection broke. */
export interface TCPConnectionRecoveryOptions {
  /** Invitations until a client is given up. From 0. @defaultValue 5 */
  maxReconnectAttempts?: number | undefined;
  /** Milliseconds to a client's first invitation, at most; each further one takes twice as long. @defaultValue 1000 */
  baseReconnectDelay?: number | undefined;
  /** Milliseconds to every invitation, at most. @defaultValue 30000 */
  maxReconnectDelay?: number | undefined;
  /** `'full'`: a random part of each delay, so that invitations spread. @defaultValue 'full' */
  jitter?: 'full' | 'none' | undefined;
  /** Clients remembered, at most; the one longest known is forgotten for a new one. From 1. @defaultValue 65536 */
  maxClients?: number | undefined;
  /** Takes the log's entries. @defaultValue none are kept */
  log?: ((entry: ConnectionErrorLog) => void) | undefined;
  /** Invites a client back: by push, mail, another connection. May be `async`; its failure goes to `log`. @defaultValue nothing is sent */
  invite?: ((clientId: string) => unknown) | undefined;
}

/** One entry of the log. */
export interface ConnectionErrorLog {
  clientId: string;
  /** The error's message. */
  error: string;
  code: string | undefined;
  /** When, in ISO 8601. */
  timestamp: string;
  /** Invitations scheduled since the client last recovered. */
  attempts: number;
}

type Resolved<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };
export type ResolvedConnectOptions = Resolved<Pick<ConnectOptions, 'host' | 'connectTimeout' | 'noDelay' | 'keepAlive' | 'keepAliveInitialDelay' | 'allowHalfOpen' | 'readableHighWaterMark' | 'writableHighWaterMark'>> &
  Pick<ConnectOptions, 'port' | 'path' | 'tls' | 'signal'>;
export type ResolvedReconnectOptions = Resolved<Omit<ReconnectOptions, 'signal'>> & Pick<ReconnectOptions, 'signal'>;
export type ResolvedRecoveryOptions = Resolved<TCPConnectionRecoveryOptions>;

/** @throws RangeError, TypeError */
export function resolveConnectOptions(options: ConnectOptions): ResolvedConnectOptions {
  const { port, path, tls, signal } = options;
  const { host = 'localhost', connectTimeout = 10_000, noDelay = true, keepAlive = true } = options;
  const { keepAliveInitialDelay = 60_000, allowHalfOpen = false } = options;
  const { readableHighWaterMark = 65_536, writableHighWaterMark = 65_536 } = options;
  if (path === undefined && port === undefined) throw new TypeError('connect needs a port (and host), or a path');
  if (path !== undefined && port !== undefined) throw new TypeError('path and port are both given: connect to one of them');
  if (path === undefined) checkInteger('port', port, 1, 65_535);
  checkInteger('connectTimeout', connectTimeout, 1, MAX_INT32, true);
  checkInteger('keepAliveInitialDelay', keepAliveInitialDelay, 1000, MAX_INT32);
  checkInteger('readableHighWaterMark', readableHighWaterMark, 1, MAX_INT32);
  checkInteger('writableHighWaterMark', writableHighWaterMark, 1, MAX_INT32);
  const marks = { readableHighWaterMark, writableHighWaterMark };
  return { host, port, path, tls, signal, connectTimeout, noDelay, keepAlive, keepAliveInitialDelay, allowHalfOpen, ...marks };
}

/** @throws RangeError, TypeError */
export function resolveReconnectOptions(options: ReconnectOptions): ResolvedReconnectOptions {
  const { initialDelay = 200, maxDelay = 30_000, factor = 2, jitter = 'full' } = options;
  const { maxAttempts = Infinity, stableAfter = 5000, signal } = options;
  checkInteger('initialDelay', initialDelay, 0, MAX_INT32);
  checkInteger('maxDelay', maxDelay, 0, MAX_INT32);
  if (!(factor >= 1 && factor < Infinity)) throw new RangeError(`factor must be a number from 1, got ${shown(factor)}`);
  checkJitter(jitter);
  checkInteger('maxAttempts', maxAttempts, 1, MAX_INT32, true);
  checkInteger('stableAfter', stableAfter, 0, MAX_INT32, true);
  return { initialDelay, maxDelay, factor, jitter, maxAttempts, stableAfter, signal };
}

/** @throws RangeError, TypeError */
export function resolveRecoveryOptions(options: TCPConnectionRecoveryOptions): ResolvedRecoveryOptions {
  const { maxReconnectAttempts = 5, baseReconnectDelay = 1000, maxReconnectDelay = 30_000, jitter = 'full' } = options;
  const { maxClients = 65_536, log = nothing, invite = nothing } = options;
  checkInteger('maxReconnectAttempts', maxReconnectAttempts, 0, MAX_INT32, true);
  checkInteger('baseReconnectDelay', baseReconnectDelay, 0, MAX_INT32);
  checkInteger('maxReconnectDelay', maxReconnectDelay, 0, MAX_INT32);
  checkJitter(jitter);
  checkInteger('maxClients', maxClients, 1, MAX_INT32);
  return { maxReconnectAttempts, baseReconnectDelay, maxReconnectDelay, jitter, maxClients, log, invite };
}

function nothing(): void {}

function checkJitter(jitter: unknown): void {
  if (jitter !== 'full' && jitter !== 'none') throw new TypeError(`jitter must be 'full' or 'none', got ${shown(jitter)}`);
}

function checkInteger(name: string, value: unknown, from: number, to: number, orInfinity = false): void {
  if (orInfinity && value === Infinity) return;
  if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return;
  const infinity = orInfinity ? ', or Infinity' : '';
  throw new RangeError(`${name} must be an integer from ${from} to ${to}${infinity}, got ${shown(value)}`);
}

/** A value as a message shows it: a string in quotes. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
