// What a server can be told: each option with its meaning, its default and its check, on one page. Settings of a later
// call replace those of an earlier one key by key; handlers add up.
import type { TlsOptions } from 'node:tls';
import { encodeMessage, type MessageEncoder } from '@verb-tcp/socket/message';
import type { TCPHandlers } from './tcp-handlers.js';

export interface ServerOptions {
  /** The port to listen on; 0 lets the system choose. `listen(port)` overrides it, and `path` and `fd`. @defaultValue 0 */
  port?: number | undefined;
  /** The address to listen on; `'::'` takes IPv4 as well. `listen(port, host)` overrides it. @defaultValue '0.0.0.0' */
  host?: string | undefined;
  /** Everything else. */
  tcp?: TCPOptions | undefined;
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
  /**
   * Milliseconds from accept until a connection can be used, PROXY header and TLS together, after which it is refused
   * with `ERR_TCP_HANDSHAKE_TIMEOUT`. From 1; 0 or `Infinity` switches it off. The idea is Ranch's.
   * @defaultValue 5000
   */
  handshakeTimeout?: number | undefined;
  /**
   * Listen on this unix socket in place of a port. A file that a crashed server left there is probed, then replaced; one
   * that somebody answers on is `EADDRINUSE`. At most 107 bytes, 103 outside Linux. Connections have no addresses.
   */
  path?: string | undefined;
  /**
   * Listen on this open file descriptor in place of a port: a socket from `activatedSockets()`. It is closed with the server
   * and listened on once: later its number may be another's. Under `node:cluster` it is the primary's.
   */
  fd?: number | undefined;
  /** With an IPv6 `host`, take no IPv4 connections. @defaultValue false */
  ipv6Only?: boolean | undefined;
  /**
   * Let several sockets listen on one port; the system spreads connections over them (Linux, FreeBSD, Solaris, AIX).
   * From Node 22.12 and 23.1; on an older one setting it throws. @defaultValue false
   */
  reusePort?: boolean | undefined;
  /** Cancels a `listen` that has not bound yet: it rejects with the signal's reason. Later it does nothing. */
  signal?: AbortSignal | undefined;
  /**
   * Speak TLS: options of `tls.createServer` (certificates, `SNICallback`, ALPN, client certificates). Set again while
   * listening it holds for new connections: that is how a certificate is renewed. `info.tls` tells what was agreed on.
   */
  tls?: TlsOptions | undefined;
  /**
   * Expect the header of HAProxy's PROXY protocol on every connection, in this version or either, before TLS;
   * `remoteAddress` and `remotePort` are then the client's. Only with `trustedProxies`.
   */
  proxyProtocol?: ProxyProtocol | undefined;
  /**
   * Who may send that header: addresses, blocks such as `10.0.0.0/8`, `'unix'` for peers on a unix socket. All others are
   * refused with `ERR_TCP_UNTRUSTED_PROXY`: whoever can write the header can be anybody. Only with `proxyProtocol`.
   */
  trustedProxies?: readonly string[] | undefined;
}

/** Versions of the PROXY protocol's header. */
export type ProxyProtocol = 'v1' | 'v2' | 'any';

/** Settings and handlers together, as users write them. */
export interface TCPOptions extends TCPSettings, TCPHandlers {}

/** Settings as they were given, checked. */
export type GivenSettings = { readonly [K in keyof TCPSettings]?: Exclude<TCPSettings[K], undefined> };
type Unset = 'path' | 'fd' | 'signal' | 'tls' | 'proxyProtocol' | 'trustedProxies';

/** Every setting that has a default, with a value. `maxConnections` stays open until `listen` looks at the open files. */
export type ResolvedSettings = Required<Omit<GivenSettings, Unset>> & Pick<GivenSettings, Unset>;

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
  handshakeTimeout: 5000,
  ipv6Only: false,
  reusePort: false,
};

const MAX_INT32 = 2_147_483_647;

type Check = (name: string, value: unknown) => void;

/** What each setting must be. */
const checks: { readonly [K in keyof TCPSettings]-?: Check } = {
  backlog: integer(1, 65_535),
  exclusive: checkBoolean,
  allowHalfOpen: checkBoolean,
  pauseOnConnect: checkBoolean,
  readableHighWaterMark: integer(1, MAX_INT32),
  writableHighWaterMark: integer(1, MAX_INT32),
  keepAlive: checkBoolean,
  keepAliveInitialDelay: integer(1000, MAX_INT32),
  noDelay: checkBoolean,
  timeout: integer(0, MAX_INT32, true),
  writeStallTimeout: integer(0, MAX_INT32, true),
  maxConnections: integer(0, MAX_INT32, true),
  handshakeTimeout: integer(0, MAX_INT32, true),
  path: checkPath,
  fd: integer(0, MAX_INT32),
  ipv6Only: checkBoolean,
  reusePort: checkBoolean,
  signal: checkSignal,
  tls: checkObject,
  proxyProtocol: oneOf('v1', 'v2', 'any'),
  trustedProxies: nonEmptyArray,
};

export const settingNames = Object.keys(checks) as readonly (keyof TCPSettings)[];

/** Checks the settings among `options` and gives them alone, absent ones left out. @throws RangeError, TypeError */
export function checkSettings(options: TCPOptions): GivenSettings {
  const settings: Record<string, unknown> = {};
  for (const name of settingNames) {
    const value = options[name];
    if (value === undefined) continue;
    checks[name](name, value);
    settings[name] = value;
  }
  return settings;
}

/** What no single setting shows. @throws TypeError */
export function checkTogether({ path, fd, proxyProtocol, trustedProxies }: GivenSettings): void {
  if (path !== undefined && fd !== undefined) throw new TypeError('path and fd are both given: a server listens on one of them');
  if (proxyProtocol !== undefined && trustedProxies === undefined) {
    throw new TypeError('proxyProtocol needs trustedProxies: whoever can write the header can be anybody');
  }
  if (trustedProxies !== undefined && proxyProtocol === undefined) {
    throw new TypeError("trustedProxies needs proxyProtocol: 'v1', 'v2' or 'any'");
  }
}

/** @throws RangeError unless `port` is an integer from 0 to 65535, TypeError unless `host` is a string; each may be absent. */
export function checkAddress(port: unknown, host: unknown): void {
  if (port !== undefined) integer(0, 65_535)('port', port);
  if (host !== undefined) nonEmptyString('host', host);
}

function integer(from: number, to: number, orInfinity = false): Check {
  return (name, value) => {
    if (orInfinity && value === Infinity) return;
    if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return;
    const infinity = orInfinity ? ', or Infinity' : '';
    throw new RangeError(`${name} must be an integer from ${from} to ${to}${infinity}, got ${shown(value)}`);
  };
}

/** What a system keeps of a path. Node 20 and 22 bind a longer one cut off, without a word. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

export function checkPath(name: string, value: unknown): void {
  nonEmptyString(name, value);
  const length = Buffer.byteLength(value as string);
  if (process.platform === 'win32' || length <= MAX_PATH_BYTES) return;
  throw new RangeError(`${name} must have at most ${MAX_PATH_BYTES} bytes, got ${length}`);
}

function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, got ${shown(value)}`);
}

function nonEmptyString(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a string that is not empty, got ${JSON.stringify(value)}`);
}

function nonEmptyArray(name: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError(`${name} must be an array that is not empty, got ${JSON.stringify(value)}`);
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be an object, got ${value === null ? 'null' : typeof value}`);
}

function checkSignal(name: string, value: unknown): void {
  if (!(value instanceof AbortSignal)) throw new TypeError(`${name} must be an AbortSignal, got ${value === null ? 'null' : typeof value}`);
}

function oneOf(...values: readonly string[]): Check {
  return (name, value) => {
    if (!values.includes(value as string)) {
      throw new TypeError(`${name} must be one of ${values.map((one) => `'${one}'`).join(', ')}, got ${JSON.stringify(value)}`);
    }
  };
}

/** A value as a message shows it: a string in quotes, or `got 8080` would look right. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

export const handlerNames: readonly (keyof TCPHandlers)[] = [
  'onConnection', 'onDisconnect', 'accept', 'onRefuse', 'onError', 'onListening', 'onClose',
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
  integer(0, MAX_INT32, true)('gracePeriod', gracePeriod);
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
