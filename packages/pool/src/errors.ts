// What can go wrong with connections in a pool, with addresses, and with buffers. One class; switch on `code`.

/**
 * A limit; all connections that are there go on:
 * - `ERR_POOL_FULL`: the pool holds `maxConnections`. Thrown by `addConnection`, told by `check`.
 * - `ERR_POOL_ADDRESS_FULL`: one address holds all it may at once. The same; also of the throttle.
 * - `ERR_POOL_RATE_LIMITED`: one address has used up its window. The throttle; other addresses are not concerned.
 * - `ERR_POOL_TABLE_FULL`: as many addresses hold connections as the throttle can remember. Those go on.
 * - `ERR_POOL_CLOSED`: added after `drain`. The drain goes on.
 *
 * Why the pool destroyed a connection; the others go on:
 * - `ERR_POOL_SLOW_CONSUMER`: the peer does not read what is broadcast.
 * - `ERR_POOL_IDLE`: the peer has sent nothing for too long.
 *
 * Mistakes of the caller, thrown; the manager goes on:
 * - `ERR_POOL_BUFFER_DOUBLE_RETURN`: a buffer was returned twice. Its present user is not disturbed.
 * - `ERR_POOL_BUFFER_FOREIGN`: a buffer that did not come from this manager.
 */
export type PoolErrorCode =
  | 'ERR_POOL_FULL'
  | 'ERR_POOL_ADDRESS_FULL'
  | 'ERR_POOL_RATE_LIMITED'
  | 'ERR_POOL_TABLE_FULL'
  | 'ERR_POOL_CLOSED'
  | 'ERR_POOL_SLOW_CONSUMER'
  | 'ERR_POOL_IDLE'
  | 'ERR_POOL_BUFFER_DOUBLE_RETURN'
  | 'ERR_POOL_BUFFER_FOREIGN';

/** The error of this package. Switch on `code`: `instanceof` fails where two copies of a package are loaded. */
export class PoolError extends Error {
  override readonly name = 'PoolError';
  readonly code: PoolErrorCode;
  /** The limit that was met, in the unit of its option. */
  readonly limit: number | undefined;

  constructor(code: PoolErrorCode, message: string, limit?: number) {
    super(message);
    this.code = code;
    this.limit = limit;
  }
}
