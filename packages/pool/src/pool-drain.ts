// The bounded end of all connections of a pool: `end`, time for peers to end as well, and at the deadline `destroy`.
import type { PooledConnection } from './pooled-connection.js';

const MAX_TIMER = 2 ** 31 - 1;

/** How a drain went. Together they are the connections that were in the pool when it began. */
export interface PoolDrainReport {
  /** Connections that ended before the deadline. */
  drained: number;
  /** Connections destroyed at the deadline. */
  forced: number;
}

export class PoolDrain {
  readonly done: Promise<PoolDrainReport>;
  readonly #connections: ReadonlyMap<string, PooledConnection>;
  readonly #force: (connection: PooledConnection) => void;
  readonly #open: number;
  #settle: (report: PoolDrainReport) => void = () => {};
  #forced = 0;
  #deadline = Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** `connections` shrinks as they end; `force` takes one out at once. */
  constructor(connections: ReadonlyMap<string, PooledConnection>, force: (connection: PooledConnection) => void) {
    this.#connections = connections;
    this.#force = force;
    this.#open = connections.size;
    this.done = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Ends our direction of each, and reads on where nobody does: what is unread would keep it open. */
  begin(ms: number): void {
    for (const { socket } of ms === 0 ? [] : this.#connections.values()) {
      socket.end();
      if (socket.listenerCount('data') === 0) socket.resume();
    }
    this.tighten(ms);
    this.onRemove();
  }

  /** Moves the deadline to `ms` milliseconds from now, if that is sooner. The timer holds the process: somebody waits. */
  tighten(ms: number): void {
    const deadline = performance.now() + ms;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    clearTimeout(this.#timer);
    if (ms === 0) this.#forceAll();
    else this.#timer = setTimeout(() => this.#forceAll(), Math.min(ms, MAX_TIMER));
  }

  /** A connection is out; where it was the last one, this is the end. */
  onRemove(): void {
    if (this.#connections.size > 0) return;
    clearTimeout(this.#timer);
    this.#settle({ drained: this.#open - this.#forced, forced: this.#forced });
  }

  #forceAll(): void {
    for (const connection of this.#connections.values()) {
      this.#forced++;
      this.#force(connection);
    }
  }
}
