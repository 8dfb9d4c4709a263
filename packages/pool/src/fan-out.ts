// One message to many connections, and what becomes of those that do not read. Bytes come in, each socket gets the same
// ones; who stays behind is told up and left out, or cut.
import { PoolError } from './errors.js';
import type { ResolvedTCPConnectionPoolOptions } from './options.js';
import type { PooledConnection } from './pooled-connection.js';
import { queuedBytes, type TrackedConnection } from './tracked-connection.js';

/** What became of one broadcast; together all connections but the excluded one. */
export interface BroadcastReport {
  /** Written to. */
  sent: number;
  /** Skipped: slow, or ended already. */
  dropped: number;
  /** Destroyed for being slow. */
  disconnected: number;
}

/** Who hears of slow connections. */
export interface FanOutOwner {
  /** It has just been found slow. */
  onSlow(connection: PooledConnection, queued: number): void;
  /** It must go, for this reason. */
  disconnect(connection: PooledConnection, error: PoolError): void;
}

export class FanOut {
  readonly #options: Pick<ResolvedTCPConnectionPoolOptions, 'slowConsumer' | 'maxBufferedBytes'>;
  readonly #owner: FanOutOwner;
  #turn = 0;
  #isTurnEnding = false;

  constructor(options: Pick<ResolvedTCPConnectionPoolOptions, 'slowConsumer' | 'maxBufferedBytes'>, owner: FanOutOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** @throws What a `slowConsumer` function threw, or a TypeError for what it gave, once all others were written to. */
  write(connections: Iterable<TrackedConnection>, data: Uint8Array | string, excluded: string | undefined): BroadcastReport {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const report: BroadcastReport = { sent: 0, dropped: 0, disconnected: 0 };
    const failures: unknown[] = [];
    this.#endTurn();
    const now = performance.now();
    for (const connection of connections) {
      const { socket, id } = connection;
      if (id === excluded) continue;
      if (!socket.writable || socket.destroyed) report.dropped++;
      else report[this.#deliver(connection, bytes, now, failures)]++;
    }
    if (failures.length > 0) throw failures[0];
    return report;
  }

  #deliver(connection: TrackedConnection, bytes: Uint8Array, now: number, failures: unknown[]): keyof BroadcastReport {
    const { maxBufferedBytes } = this.#options;
    const wasSlow = connection.isSlow;
    if (connection.paceIn(this.#turn, maxBufferedBytes, now) === 'steady') {
      connection.socket.write(bytes);
      return 'sent';
    }
    const queued = queuedBytes(connection.socket);
    if (!wasSlow) this.#owner.onSlow(connection, queued);
    if (this.#actionFor(connection, failures) === 'drop') return 'dropped';
    const message = `${queued} bytes wait for a peer that does not read (maxBufferedBytes ${maxBufferedBytes})`;
    this.#owner.disconnect(connection, new PoolError('ERR_POOL_SLOW_CONSUMER', message, maxBufferedBytes));
    return 'disconnected';
  }

  /** A function that fails costs one connection one message, and the others nothing. */
  #actionFor(connection: PooledConnection, failures: unknown[]): 'disconnect' | 'drop' {
    const { slowConsumer } = this.#options;
    if (typeof slowConsumer === 'string') return slowConsumer;
    try {
      const action: unknown = slowConsumer(connection);
      if (action === 'disconnect' || action === 'drop') return action;
      failures.push(new TypeError(`slowConsumer must give 'disconnect' or 'drop', got ${String(action)}`));
    } catch (error) {
      failures.push(error);
    }
    return 'drop';
  }

  /** Two immediates: at the first one sockets may not have been asked since the turn began. */
  #endTurn(): void {
    if (this.#isTurnEnding) return;
    this.#isTurnEnding = true;
    setImmediate(() => {
      setImmediate(() => {
        this.#isTurnEnding = false;
        this.#turn++;
      });
    });
  }
}
