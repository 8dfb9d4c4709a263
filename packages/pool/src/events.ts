// What a TCPConnectionPool tells, by event name.
import type { TCPSocket } from '@verb-tcp/socket';
import type { PoolError } from './errors.js';
import type { PooledConnection } from './pooled-connection.js';

/** The events of a `TCPConnectionPool`. */
export interface TCPConnectionPoolEvents {
  /** A connection was added. */
  add: [connection: PooledConnection];
  /** It is out, closed or destroyed: once for each `add`. `error` is what broke it, absent after a clean end. */
  remove: [connection: PooledConnection, error: Error | undefined];
  /** The peer has been silent for too long; `remove` follows. */
  idle: [connection: PooledConnection];
  /** `addConnection` refused this socket; the error is the one that it throws. */
  full: [error: PoolError, socket: TCPSocket];
  /** The peer does not read what is broadcast, and so many bytes wait. Once until it has caught up. */
  slow: [connection: PooledConnection, queuedBytes: number];
}
