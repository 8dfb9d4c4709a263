// A registry of connections, a throttle per address, and buffers that are used again.
export { ConnectionThrottler } from './throttler.js';
export { OptimizedBufferManager } from './buffers.js';
export { PoolError } from './errors.js';
export { TCPConnectionPool } from './connection-pool.js';

export type { BroadcastReport } from './fan-out.js';
export type { PoolVerdict } from './connection-pool.js';
export type { ConnectionStats, PooledConnection } from './pooled-connection.js';
export type {
  ConnectionThrottlerOptions,
  OptimizedBufferManagerOptions,
  SlowConsumerAction,
  TCPConnectionPoolOptions,
} from './options.js';
export type { PoolDrainReport } from './pool-drain.js';
export type { PoolErrorCode } from './errors.js';
export type { TCPConnectionPoolEvents } from './events.js';
export type { ThrottleVerdict } from './throttler.js';
