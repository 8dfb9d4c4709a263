// A registry of connections. Sockets come in, ids and events go out; broadcasts go down as one shared buffer. It attaches
// an empty `'error'` guard and one `'close'` listener to each socket, reads counters, and never attaches a `'data'`
// listener: the flow belongs to whoever reads.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';
import { addressKey } from './address-key.js';
import { ConnectionIds } from './connection-ids.js';
import { PoolError } from './errors.js';
import type { TCPConnectionPoolEvents } from './events.js';
import { FanOut, type BroadcastReport } from './fan-out.js';
import {
  checkDuration,
  resolveTCPConnectionPoolOptions,
  type ResolvedTCPConnectionPoolOptions,
  type TCPConnectionPoolOptions,
} from './options.js';
import { PoolDrain, type PoolDrainReport } from './pool-drain.js';
import type { ConnectionStats, PooledConnection } from './pooled-connection.js';
import { TrackedConnection } from './tracked-connection.js';

const MAX_SWEEP_INTERVAL = 1000;
const MIN_SWEEP_INTERVAL = 5;
/** With a short idle timeout the sweep comes sooner: this part of it. */
const SWEEP_PART = 8;

/** Whether `addConnection` would take a connection; core's `accept` takes it as it is. */
export type PoolVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'ERR_POOL_FULL' | 'ERR_POOL_ADDRESS_FULL' | 'ERR_POOL_CLOSED' };

/**
 * Holds connections by id, with limits, statistics and broadcast.
 *
 * @example
 * const pool = new TCPConnectionPool({ maxConnections: 100 });
 * const id = pool.addConnection(socket);
 * socket.on('data', (data) => pool.broadcast(data, id));
 */
export class TCPConnectionPool extends EventEmitter<TCPConnectionPoolEvents> {
  readonly #options: ResolvedTCPConnectionPoolOptions;
  readonly #connections = new Map<string, TrackedConnection>();
  readonly #bySocket = new Map<TCPSocket, TrackedConnection>();
  readonly #byAddress = new Map<string, number>();
  readonly #ids = new ConnectionIds();
  readonly #fanOut: FanOut;
  #sweep: NodeJS.Timeout | undefined;
  #drain: PoolDrain | undefined;

  /** @throws RangeError for an option out of range. */
  constructor(options: TCPConnectionPoolOptions = {}) {
    super({ captureRejections: true });
    this.#options = resolveTCPConnectionPoolOptions(options);
    this.#fanOut = new FanOut(this.#options, {
      onSlow: (connection, queued) => this.#tell('slow', connection, queued),
      disconnect: (connection, error) => this.#end(connection, error),
    });
    // An async listener that rejects is the same as one that throws.
    this[EventEmitter.captureRejectionSymbol] = (thrown: Error, ...[event]: unknown[]) => warnOf(thrown, event);
  }

  /** Connections in the pool. */
  get size(): number {
    return this.#connections.size;
  }

  /**
   * Adds a socket, and gives its id; one that is in the pool keeps its id. It is out by itself once it has closed.
   *
   * @throws {PoolError} `ERR_POOL_FULL`, `ERR_POOL_ADDRESS_FULL`, `ERR_POOL_CLOSED`: the socket is as it was.
   * @throws TypeError for what is no `TCPSocket`.
   */
  addConnection(socket: TCPSocket): string {
    if (typeof (socket as Partial<TCPSocket> | undefined)?.write !== 'function') throw new TypeError('socket must be a TCPSocket');
    const present = this.#bySocket.get(socket);
    if (present !== undefined) return present.id;
    const { remoteAddress: address, remotePort: port } = socket;
    const refusal = this.#refusalOf(address);
    if (refusal !== undefined) {
      this.#tell('full', refusal, socket);
      throw refusal;
    }
    const connection = new TrackedConnection(this.#ids.take(address, port), socket, address, port, performance.now());
    const key = addressKey(address);
    this.#connections.set(connection.id, connection);
    this.#bySocket.set(socket, connection);
    this.#byAddress.set(key, (this.#byAddress.get(key) ?? 0) + 1);
    this.#watch(connection);
    this.#tell('add', connection);
    return connection.id;
  }

  /** Whether a connection from this address would be added now. Takes nothing: what is accepted meanwhile may fill the place. */
  check(remoteAddress?: string): PoolVerdict {
    const refusal = this.#refusalOf(remoteAddress);
    return refusal === undefined ? { ok: true } : { ok: false, code: refusal.code as 'ERR_POOL_FULL' };
  }

  /** Destroys the connection and takes it out. An id that is not in the pool does nothing. */
  removeConnection(connectionId: string): void {
    const connection = this.#connections.get(connectionId);
    if (connection !== undefined) this.#end(connection);
  }

  /**
   * Writes to all connections but one. A string is encoded once; bytes are not copied: leave them unchanged until they have
   * left. Those that cannot be written to are skipped, slow ones meet `slowConsumer`.
   *
   * @throws What a `slowConsumer` function threw, or a TypeError for what it gave, once all others were written to.
   */
  broadcast(data: Uint8Array | string, excludeConnection?: string): BroadcastReport {
    return this.#fanOut.write(this.#connections.values(), data, excludeConnection);
  }

  /** How many there are, and each one's counters; ages in milliseconds. */
  getConnectionStats(): { total: number; connections: ConnectionStats[] } {
    const now = performance.now();
    const connections = Array.from(this.#connections.values(), (connection) => ({
      id: connection.id,
      uptime: connection.uptime,
      lastActivity: connection.idleSince(now),
      bytesReceived: connection.bytesReceived,
      bytesSent: connection.bytesSent,
    }));
    return { total: connections.length, connections };
  }

  /**
   * Destroys, with `ERR_POOL_IDLE`, every connection whose peer has sent nothing for longer than this, in milliseconds.
   *
   * @returns How many.
   * @throws RangeError if it is no number from 0.
   */
  cleanup(maxIdleTime = 300_000): number {
    checkDuration('maxIdleTime', maxIdleTime, 0);
    const now = performance.now();
    let ended = 0;
    for (const connection of this.#connections.values()) {
      if (connection.idleSince(now) <= maxIdleTime) continue;
      this.#tell('idle', connection);
      const message = `the peer has sent nothing for more than ${maxIdleTime} ms`;
      this.#end(connection, new PoolError('ERR_POOL_IDLE', message, maxIdleTime));
      ended++;
    }
    return ended;
  }

  /**
   * Ends our direction of every connection, waits `ms` milliseconds for their ends, and destroys the rest; 0 destroys at
   * once. Nothing is added any more. Called again it is the same drain, and the sooner deadline counts.
   *
   * @throws RangeError if it is no number from 0.
   */
  drain(ms = 30_000): Promise<PoolDrainReport> {
    checkDuration('ms', ms, 0);
    if (this.#drain === undefined) {
      this.#drain = new PoolDrain(this.#connections, (connection) => this.#end(connection));
      this.#drain.begin(ms);
    } else {
      this.#drain.tighten(ms);
    }
    return this.#drain.done;
  }

  /** The connection with this id. */
  get(connectionId: string): PooledConnection | undefined {
    return this.#connections.get(connectionId);
  }

  /** Whether a connection with this id is in the pool. */
  has(connectionId: string): boolean {
    return this.#connections.has(connectionId);
  }

  /** The connections, oldest first. Removing while iterating is fine. */
  [Symbol.iterator](): IterableIterator<PooledConnection> {
    return this.#connections.values();
  }

  #refusalOf(address: string | undefined): PoolError | undefined {
    const { maxConnections, maxConnectionsPerAddress } = this.#options;
    if (this.#drain !== undefined) return new PoolError('ERR_POOL_CLOSED', 'The pool is drained: nothing is added any more');
    if (this.#connections.size >= maxConnections) {
      return new PoolError('ERR_POOL_FULL', `Connection limit reached: ${maxConnections} in the pool`, maxConnections);
    }
    if (maxConnectionsPerAddress === Infinity) return undefined;
    if ((this.#byAddress.get(addressKey(address)) ?? 0) < maxConnectionsPerAddress) return undefined;
    const message = `Connection limit reached: ${maxConnectionsPerAddress} from this address`;
    return new PoolError('ERR_POOL_ADDRESS_FULL', message, maxConnectionsPerAddress);
  }

  /** The listeners stay until the socket has closed, for an error may come after the connection was taken out. */
  #watch(connection: TrackedConnection): void {
    const { socket } = connection;
    let reason: Error | undefined;
    const onError = (error: Error): void => void (reason ??= error);
    const onClose = (): void => {
      socket.off('error', onError);
      socket.off('close', onClose);
      this.#remove(connection, reason);
    };
    socket.on('error', onError);
    socket.on('close', onClose);
    // What has closed before it was added never tells.
    if (socket.destroyed) process.nextTick(() => this.#remove(connection, reason));
    if (this.#sweep === undefined) this.#startSweep();
  }

  /** Out first, and told last: a listener finds the pool in order. */
  #end(connection: PooledConnection, error?: PoolError): void {
    if (error === undefined) connection.socket.destroy();
    else connection.socket.destroy(error);
    this.#remove(connection, error);
  }

  #remove(connection: PooledConnection, error: Error | undefined): void {
    if (!this.#connections.delete(connection.id)) return;
    const { socket, remoteAddress, remotePort } = connection;
    this.#bySocket.delete(socket);
    this.#ids.giveBack(remoteAddress, remotePort);
    const key = addressKey(remoteAddress);
    const others = (this.#byAddress.get(key) ?? 1) - 1;
    if (others === 0) this.#byAddress.delete(key);
    else this.#byAddress.set(key, others);
    if (this.#connections.size === 0) {
      clearInterval(this.#sweep);
      this.#sweep = undefined;
    }
    this.#tell('remove', connection, error);
    this.#drain?.onRemove();
  }

  #startSweep(): void {
    const { idleTimeout } = this.#options;
    const interval = Math.min(MAX_SWEEP_INTERVAL, Math.max(MIN_SWEEP_INTERVAL, Math.floor(idleTimeout / SWEEP_PART)));
    this.#sweep = setInterval(() => this.cleanup(idleTimeout), interval);
    this.#sweep.unref();
  }

  #tell<Name extends keyof TCPConnectionPoolEvents>(name: Name, ...args: TCPConnectionPoolEvents[Name]): void {
    try {
      (this as EventEmitter).emit(name, ...args);
    } catch (error) {
      warnOf(error, name);
    }
  }
}

/** What a listener threw is nobody's here: the pool, and the sockets that it hears, go on. */
function warnOf(thrown: unknown, event: unknown): void {
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  process.emitWarning(text, { type: 'TCPConnectionPool', detail: `thrown by a listener of '${String(event)}'` });
}
