// What a server is to those who use it. Types only.
import type { AddressInfo, Socket } from 'node:net';
import type { DrainOptions, DrainReport } from './drain.js';
import type { ServerOptions } from './options.js';

/** Where a server listens. Of a unix socket there is `path` alone. */
export interface ServerAddress extends AddressInfo {
  readonly path?: string;
}

/** What a server counted since it was created. */
export interface ServerStats {
  /** Connections open now, of those that `onConnection` saw. */
  open: number;
  /** Connections between accept and `onConnection`: PROXY header, TLS. They count towards `maxConnections`. */
  handshaking: number;
  /** Connections that `onConnection` saw. */
  accepted: number;
  /** Connections refused, in all and by code. */
  refused: number;
  refusedByCode: Record<string, number>;
  /** Bytes in and out of all accepted connections, the open ones included; with TLS as the application sees them. */
  bytesRead: number;
  bytesWritten: number;
  /** The limit in force; see the option. */
  maxConnections: number;
}

/** A TCP server. Handlers, not events: see `ServerOptions`. */
export interface TCPServer {
  /**
   * Sets options. May be called again, also while listening: settings replace earlier ones key by key (those of the
   * listening socket take effect at the next `listen`), handlers add up and run in order.
   * @throws RangeError, TypeError for a value that is no such option's; nothing is then set.
   */
  withOptions(options: ServerOptions): this;
  /**
   * Begins to listen and gives the address. The promise may be ignored where there is an `onError`.
   * Rejects with the system's error (`EADDRINUSE`, `EACCES`), with `signal`'s reason, `ERR_TCP_ALREADY_LISTENING` or
   * `ERR_TCP_CLOSED`, or with a RangeError for a wrong port.
   */
  listen(port?: number, host?: string): Promise<ServerAddress>;
  /** Where it listens, or `null`. */
  address(): ServerAddress | null;
  /**
   * Stops listening; settles when the last connection has ended by itself, however long that takes: see `shutdown`.
   * Again, or when not listening, is fine.
   */
  close(): Promise<void>;
  /**
   * Stops listening and ends every connection by a deadline: refuses new ones, sends the notice, gives peers time,
   * ends our direction, and destroys what is left. Called again it may only bring the deadline nearer.
   * Rejects with a RangeError or TypeError for a wrong option.
   */
  shutdown(options?: DrainOptions): Promise<DrainReport>;
  /** The connections open now: Node's own sockets. */
  readonly connections: ReadonlySet<Socket>;
  stats(): ServerStats;
  /** `shutdown({ gracePeriod: 0 })`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
