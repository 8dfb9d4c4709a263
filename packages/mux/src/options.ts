// Every option of the package: its type, its default and its check. A wrong value throws at construction.
import type { Codec, Role } from './codec.js';

const KIB = 1024;
const MAX_INT32 = 2 ** 31 - 1;
const DEFAULT_INITIAL_WINDOW_BYTES = 256 * KIB;
const DEFAULT_MAX_WINDOW_BYTES = 16 * KIB * KIB;
const DEFAULT_MAX_GROWTH_BYTES = 64 * KIB * KIB;
const DEFAULT_MAX_STREAMS = 1024;
const DEFAULT_MAX_PENDING_STREAMS = 256;
const DEFAULT_MAX_WAITING_OPENS = 65_536;
const DEFAULT_MAX_METADATA_BYTES = 16 * KIB;
const DEFAULT_OPEN_TIMEOUT = 75_000;
const DEFAULT_CLOSE_TIMEOUT = 5000;
const DEFAULT_KEEPALIVE_INTERVAL = 30_000;
const DEFAULT_KEEPALIVE_TIMEOUT = 15_000;
const DEFAULT_WRITE_STALL_TIMEOUT = 30_000;
const DEFAULT_STALL_TIMEOUT = 10_000;

/** How the extensions are agreed on. */
export type Extensions = 'auto' | 'off' | 'require';

/** Options of `TCPStreamMultiplexer`. */
export interface TCPStreamMultiplexerOptions {
  /**
   * Which ids are ours: a client counts 1, 3, 5…, a server from 0x80000000. Absent: who opens first is the client, and both
   * opening at once is an `ERR_MUX_PROTOCOL` that names this option.
   * @defaultValue –
   */
  role?: Role | undefined;
  /**
   * The wire. Absent: the documented one.
   * @defaultValue native()
   */
  codec?: Codec | undefined;
  /**
   * `'auto'`: flow control and the rest where the peer knows them, the documented messages where it does not. `'off'`: the
   * documented messages only. `'require'`: a peer that has not answered in 5 seconds is an `ERR_MUX_UNSUPPORTED`.
   * @defaultValue 'auto'
   */
  extensions?: Extensions | undefined;
  /**
   * Whether a stream that the peer opened stays writable after the peer's end. With `false` its end is answered by ours.
   * @defaultValue false
   */
  allowHalfOpen?: boolean | undefined;
  /**
   * Bytes that the peer may send on a stream before anything is read. More is an `ERR_MUX_FLOW_CONTROL`. From 1024 to 2147483647.
   * @defaultValue 262144 (yamux)
   */
  initialWindowBytes?: number | undefined;
  /**
   * Bytes up to which a stream's window grows while its reader keeps up; then it grows no further. Over 8 MiB only up to 2 MiB for
   * each millisecond of the round trip. From 1024 to 2147483647.
   * @defaultValue 16777216
   */
  maxWindowBytes?: number | undefined;
  /**
   * Bytes that all windows of the connection may grow by together; then none grows. From 0 to 2147483647.
   * @defaultValue 67108864
   */
  maxGrowthBytes?: number | undefined;
  /**
   * Streams of the peer that may be open at a time; more are refused. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 1024
   */
  maxStreams?: number | undefined;
  /**
   * Streams of the peer that nobody has taken yet; more are refused. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 256
   */
  maxPendingStreams?: number | undefined;
  /**
   * Own opens that wait for the peer's limit; one more is an `ERR_MUX_TOO_MANY_STREAMS`. From 1 to 2147483647.
   * @defaultValue 65536
   */
  maxWaitingOpens?: number | undefined;
  /**
   * The longest metadata of a stream, in bytes of JSON. Ours: a `RangeError`; the peer's: `ERR_MUX_FRAME_SIZE`. From 2 to 65000.
   * @defaultValue 16384
   */
  maxMetadataBytes?: number | undefined;
  /**
   * Milliseconds in which the peer must answer an open, waiting included. Then that stream fails with `ERR_MUX_OPEN_TIMEOUT`,
   * noticed up to a quarter late. From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue 75000 (yamux)
   */
  openTimeout?: number | undefined;
  /**
   * Milliseconds that a stream waits for the peer's close after `close` (then it is reset), or after `end` to a minimal peer
   * that is silent (then it fails with `ERR_MUX_STREAM_CLOSED`). Up to a quarter late. From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue 5000
   */
  closeTimeout?: number | undefined;
  /**
   * Milliseconds of silence, give or take a tenth, after which the peer is pinged; a minimal one is asked by TCP's own
   * keepalive. From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue 30000
   */
  keepAliveInterval?: number | undefined;
  /**
   * Milliseconds that a ping may go without any byte; then the session ends with `ERR_MUX_KEEPALIVE_TIMEOUT`. From 1 to 2147483647.
   * @defaultValue 15000
   */
  keepAliveTimeout?: number | undefined;
  /**
   * Milliseconds that the carrier may take no byte while some wait; then the session ends with `ERR_MUX_WRITE_STALL`.
   * From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue 30000
   */
  writeStallTimeout?: number | undefined;
  /**
   * Milliseconds that the carrier may be paused for a minimal peer's stream that nobody reads; then that stream is closed with
   * `ERR_MUX_STREAM_CLOSED` and its late bytes are dropped. From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue 10000
   */
  stallTimeout?: number | undefined;
}

/** The options with every default filled in; a duration that is off is `Infinity`. */
export interface ResolvedMuxOptions {
  readonly role: Role | undefined;
  readonly extensions: Extensions;
  readonly allowHalfOpen: boolean;
  readonly initialWindowBytes: number;
  readonly maxWindowBytes: number;
  readonly maxGrowthBytes: number;
  readonly maxStreams: number;
  readonly maxPendingStreams: number;
  readonly maxWaitingOpens: number;
  readonly maxMetadataBytes: number;
  readonly openTimeout: number;
  readonly closeTimeout: number;
  readonly keepAliveInterval: number;
  readonly keepAliveTimeout: number;
  readonly writeStallTimeout: number;
  readonly stallTimeout: number;
}

/** @throws RangeError or TypeError, naming the option, its range and what it got. */
export function resolveTCPStreamMultiplexerOptions(options: TCPStreamMultiplexerOptions): ResolvedMuxOptions {
  const { role, extensions = 'auto', allowHalfOpen = false } = options;
  if (role !== undefined && role !== 'client' && role !== 'server') throw new TypeError(`role must be 'client' or 'server', got ${String(role)}`);
  if (extensions !== 'auto' && extensions !== 'off' && extensions !== 'require') {
    throw new TypeError(`extensions must be 'auto', 'off' or 'require', got ${String(extensions)}`);
  }
  if (typeof allowHalfOpen !== 'boolean') throw new TypeError(`allowHalfOpen must be a boolean, got ${typeof allowHalfOpen}`);
  const initialWindowBytes = integer('initialWindowBytes', options.initialWindowBytes, DEFAULT_INITIAL_WINDOW_BYTES, KIB);
  const maxWindowBytes = integer('maxWindowBytes', options.maxWindowBytes, Math.max(DEFAULT_MAX_WINDOW_BYTES, initialWindowBytes), KIB);
  if (maxWindowBytes < initialWindowBytes) throw new RangeError(`maxWindowBytes must be at least initialWindowBytes, got ${maxWindowBytes}`);
  return {
    role,
    extensions,
    allowHalfOpen,
    initialWindowBytes,
    maxWindowBytes,
    maxGrowthBytes: integer('maxGrowthBytes', options.maxGrowthBytes, DEFAULT_MAX_GROWTH_BYTES, 0),
    maxStreams: count('maxStreams', options.maxStreams, DEFAULT_MAX_STREAMS),
    maxPendingStreams: count('maxPendingStreams', options.maxPendingStreams, DEFAULT_MAX_PENDING_STREAMS),
    maxWaitingOpens: integer('maxWaitingOpens', options.maxWaitingOpens, DEFAULT_MAX_WAITING_OPENS, 1),
    maxMetadataBytes: integer('maxMetadataBytes', options.maxMetadataBytes, DEFAULT_MAX_METADATA_BYTES, 2, 65_000),
    openTimeout: duration('openTimeout', options.openTimeout, DEFAULT_OPEN_TIMEOUT),
    closeTimeout: duration('closeTimeout', options.closeTimeout, DEFAULT_CLOSE_TIMEOUT),
    keepAliveInterval: duration('keepAliveInterval', options.keepAliveInterval, DEFAULT_KEEPALIVE_INTERVAL),
    keepAliveTimeout: duration('keepAliveTimeout', options.keepAliveTimeout, DEFAULT_KEEPALIVE_TIMEOUT, false),
    writeStallTimeout: duration('writeStallTimeout', options.writeStallTimeout, DEFAULT_WRITE_STALL_TIMEOUT),
    stallTimeout: duration('stallTimeout', options.stallTimeout, DEFAULT_STALL_TIMEOUT),
  };
}

function integer(name: string, value: number | undefined, defaultValue: number, min: number, max: number = MAX_INT32): number {
  if (value === undefined) return defaultValue;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${value}`);
  }
  return value;
}

function count(name: string, value: number | undefined, defaultValue: number): number {
  if (value === undefined || value === Infinity) return value ?? defaultValue;
  if (!Number.isInteger(value) || value < 1 || value > MAX_INT32) {
    throw new RangeError(`${name} must be an integer from 1 to ${MAX_INT32} or Infinity, got ${value}`);
  }
  return value;
}

function duration(name: string, value: number | undefined, defaultValue: number, canBeOff = true): number {
  if (value === undefined) return defaultValue;
  if (canBeOff && (value === 0 || value === Infinity)) return Infinity;
  if (typeof value !== 'number' || !(value >= 1 && value <= MAX_INT32)) {
    throw new RangeError(`${name} must be a number from 1 to ${MAX_INT32}${canBeOff ? ', 0 or Infinity' : ''}, got ${value}`);
  }
  return value;
}
