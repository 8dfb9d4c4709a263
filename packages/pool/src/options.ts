// Every option of the package: its type, its default and its check. A wrong value throws at construction.
import type { PooledConnection } from './pooled-connection.js';

const MAX_INTEGER = 2 ** 31 - 1;

/** What a broadcast does with a connection that does not read. */
export type SlowConsumerAction = 'disconnect' | 'drop';

/** Options of `TCPConnectionPool`. */
export interface TCPConnectionPoolOptions {
  /**
   * Connections in the pool. One more is refused with `ERR_POOL_FULL`. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 1000
   */
  maxConnections?: number | undefined;
  /**
   * Connections of one address in the pool: of an IPv4 address, of an IPv6 /64, of all unix sockets together. One more is
   * refused with `ERR_POOL_ADDRESS_FULL`. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue Infinity
   */
  maxConnectionsPerAddress?: number | undefined;
  /**
   * How many milliseconds a peer may send nothing. Past that the connection is destroyed with `ERR_POOL_IDLE`, up to a
   * second late. From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue Infinity
   */
  idleTimeout?: number | undefined;
  /**
   * What `broadcast` does with a connection that stays over `maxBufferedBytes`. `'disconnect'` destroys it with
   * `ERR_POOL_SLOW_CONSUMER`; `'drop'` leaves it out until it is back below; a function is asked each time.
   * @defaultValue 'disconnect'
   */
  slowConsumer?: SlowConsumerAction | ((connection: PooledConnection) => SlowConsumerAction) | undefined;
  /**
   * How many bytes of output may be queued on a connection before it can be slow. Over it at broadcasts in two turns of the
   * event loop a second apart (with 16 times as much queued, in any two), and no less queued the second time, it meets
   * `slowConsumer`. From 1 to 2147483647.
   * @defaultValue 1048576
   */
  maxBufferedBytes?: number | undefined;
}

/** Options of `ConnectionThrottler` besides its two numbers. */
export interface ConnectionThrottlerOptions {
  /**
   * Connections that one address may hold at once, whatever the window. One more is refused with
   * `ERR_POOL_ADDRESS_FULL`, and a release no longer lowers the count of the window. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue Infinity
   */
  maxConcurrentPerIP?: number | undefined;
  /**
   * Addresses in the table. Past it those longest unseen are dropped, but none that holds connections under
   * `maxConcurrentPerIP`; where only such are left, new addresses are refused with `ERR_POOL_TABLE_FULL`. From 2 to 16777216.
   * @defaultValue 65536
   */
  maxTrackedAddresses?: number | undefined;
  /**
   * The clock, in milliseconds from any beginning, for tests. It must not go back: windows may end early then.
   * @defaultValue the monotonic clock of the process, `performance.now`
   */
  now?: (() => number) | undefined;
}

/** Options of `OptimizedBufferManager`. */
export interface OptimizedBufferManagerOptions {
  /**
   * Bytes of each buffer. All have this length. From 1 to 2147483647.
   * @defaultValue 65536
   */
  bufferSize?: number | undefined;
  /**
   * Bytes kept for the next users. A buffer returned past it is let go. From 0 to 9007199254740991.
   * @defaultValue 16777216
   */
  maxFreeBytes?: number | undefined;
  /**
   * Whether buffers are cleared, when they come back and when they go out. With `false` each user sees what others left, and
   * what was in the process's memory.
   * @defaultValue true
   */
  zero?: boolean | undefined;
}

type Filled<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };
export type ResolvedTCPConnectionPoolOptions = Filled<TCPConnectionPoolOptions>;
export type ResolvedConnectionThrottlerOptions = Filled<ConnectionThrottlerOptions>;
export type ResolvedOptimizedBufferManagerOptions = Filled<OptimizedBufferManagerOptions>;

/** @throws RangeError Naming the option, its range and what it got. */
export function resolveTCPConnectionPoolOptions(options: TCPConnectionPoolOptions): ResolvedTCPConnectionPoolOptions {
  const {
    maxConnections = 1000,
    maxConnectionsPerAddress = Infinity,
    idleTimeout = Infinity,
    slowConsumer = 'disconnect',
    maxBufferedBytes = 1024 * 1024,
  } = options;
  checkCount('maxConnections', maxConnections);
  checkCount('maxConnectionsPerAddress', maxConnectionsPerAddress);
  const isIdleOff = idleTimeout === 0 || idleTimeout === Infinity;
  if (!isIdleOff && !(idleTimeout >= 1 && idleTimeout <= MAX_INTEGER)) {
    throw new RangeError(`idleTimeout must be a number from 1 to ${MAX_INTEGER}, 0 or Infinity, got ${idleTimeout}`);
  }
  if (slowConsumer !== 'disconnect' && slowConsumer !== 'drop' && typeof slowConsumer !== 'function') {
    throw new RangeError(`slowConsumer must be 'disconnect', 'drop' or a function, got ${String(slowConsumer)}`);
  }
  checkInteger('maxBufferedBytes', maxBufferedBytes, 1, MAX_INTEGER);
  return {
    maxConnections,
    maxConnectionsPerAddress,
    idleTimeout: isIdleOff ? Infinity : idleTimeout,
    slowConsumer,
    maxBufferedBytes,
  };
}

/** @throws RangeError Naming the option, its range and what it got. */
export function resolveConnectionThrottlerOptions(options: ConnectionThrottlerOptions): ResolvedConnectionThrottlerOptions {
  const { maxConcurrentPerIP = Infinity, maxTrackedAddresses = 65_536, now = () => performance.now() } = options;
  checkCount('maxConcurrentPerIP', maxConcurrentPerIP);
  // A Map of V8 ends at 2^24 entries.
  checkInteger('maxTrackedAddresses', maxTrackedAddresses, 2, 2 ** 24);
  if (typeof now !== 'function') throw new RangeError(`now must be a function, got ${typeof now}`);
  return { maxConcurrentPerIP, maxTrackedAddresses, now };
}

/** @throws RangeError Naming the option, its range and what it got. */
export function resolveOptimizedBufferManagerOptions(
  options: OptimizedBufferManagerOptions,
): ResolvedOptimizedBufferManagerOptions {
  const { bufferSize = 64 * 1024, maxFreeBytes = 16 * 1024 * 1024, zero = true } = options;
  checkInteger('bufferSize', bufferSize, 1, MAX_INTEGER);
  checkInteger('maxFreeBytes', maxFreeBytes, 0, Number.MAX_SAFE_INTEGER);
  if (typeof zero !== 'boolean') throw new RangeError(`zero must be true or false, got ${String(zero)}`);
  return { bufferSize, maxFreeBytes, zero };
}

/** A number of things: a positive integer, or `Infinity` for no limit. @throws RangeError */
export function checkCount(name: string, value: number): void {
  if (value === Infinity || (Number.isInteger(value) && value >= 1 && value <= MAX_INTEGER)) return;
  throw new RangeError(`${name} must be an integer from 1 to ${MAX_INTEGER}, or Infinity, got ${value}`);
}

/** A time that no timer gets. @throws RangeError */
export function checkDuration(name: string, value: number, min: number): void {
  if (typeof value === 'number' && value >= min) return;
  throw new RangeError(`${name} must be a number from ${min}, or Infinity, got ${value}`);
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${value}`);
}
