// What is told of a connection in a pool. Types only.
import type { TCPSocket } from '@verb-tcp/socket';

/** What `getConnectionStats` tells of one connection. */
export interface ConnectionStats {
  /** Unique among the connections in the pool. */
  readonly id: string;
  /** Milliseconds since it was added. */
  readonly uptime: number;
  /** Milliseconds since the peer last sent something, or since it was added. */
  readonly lastActivity: number;
  /** Bytes from the peer, in the socket's whole life. */
  readonly bytesReceived: number;
  /** Bytes given to `write`, in the socket's whole life; the last ones may be queued still. */
  readonly bytesSent: number;
}

/** One connection of a `TCPConnectionPool`. Its numbers are those of now, also after its end. */
export interface PooledConnection extends ConnectionStats {
  readonly socket: TCPSocket;
  /** As it was when the connection was added: sockets forget it after a reset. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}
