// One connection of a pool: who it is, what its counters say, and whether it keeps up. It reads counters only: it attaches
// nothing, writes nothing, and never touches the flow.
import type { TCPSocket } from '@verb-tcp/socket';
import type { PooledConnection } from './pooled-connection.js';

/** Milliseconds. In a few turns nothing may move between healthy peers either; where the process is busy, in 100 ms. */
const SLOW_AFTER = 1000;
/** At this many times the limit that is not waited for. */
const FAR_OVER = 16;

export class TrackedConnection implements PooledConnection {
  readonly id: string;
  readonly socket: TCPSocket;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly #addedAt: number;
  #activeAt: number;
  #bytesRead: number;
  /** The least that was queued at a look since it was over the limit; `Infinity` where it is not. */
  #backlog = Infinity;
  #shrankAt = 0;
  #turn = -1;
  #isSlow = false;

  constructor(id: string, socket: TCPSocket, address: string | undefined, port: number | undefined, now: number) {
    this.id = id;
    this.socket = socket;
    this.remoteAddress = address;
    this.remotePort = port;
    this.#addedAt = now;
    this.#activeAt = now;
    this.#bytesRead = socket.bytesRead;
  }

  get uptime(): number {
    return performance.now() - this.#addedAt;
  }

  get lastActivity(): number {
    return this.idleSince(performance.now());
  }

  get bytesReceived(): number {
    return this.socket.bytesRead;
  }

  get bytesSent(): number {
    return this.socket.bytesWritten;
  }

  /** What `paceIn` said last. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /** Looks whether bytes have come since the last look; the milliseconds since they did. */
  idleSince(now: number): number {
    const { bytesRead } = this.socket;
    if (bytesRead !== this.#bytesRead) {
      this.#bytesRead = bytesRead;
      this.#activeAt = now;
    }
    return now - this.#activeAt;
  }

  /**
   * Whether the peer keeps up, asked before each broadcast. Looks at the first one of each `turn` of the event loop, when
   * nothing of that turn is queued yet. `'slow'` is who is over `limit` and for `SLOW_AFTER` no look has found less than
   * before, until a look finds it back below; far over the limit, two looks are enough.
   */
  paceIn(turn: number, limit: number, now: number): 'steady' | 'slow' {
    if (turn !== this.#turn) {
      this.#turn = turn;
      const queued = queuedBytes(this.socket);
      if (queued <= limit) {
        this.#isSlow = false;
        this.#backlog = Infinity;
      } else if (queued < this.#backlog) {
        this.#backlog = queued;
        this.#shrankAt = now;
      } else if (now - this.#shrankAt >= SLOW_AFTER || queued > FAR_OVER * limit) {
        this.#isSlow = true;
      }
    }
    return this.#isSlow ? 'slow' : 'steady';
  }
}

/**
 * What the peer has yet to take from us. `writableLength` stands still while one big chunk leaves; the handle knows more,
 * where there is one.
 */
export function queuedBytes(socket: TCPSocket): number {
  const { writableLength } = socket;
  const { _handle: handle } = socket as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null };
  if (typeof handle?.bytesWritten !== 'number' || typeof handle.writeQueueSize !== 'number') return writableLength;
  const queued = socket.bytesWritten - (handle.bytesWritten - handle.writeQueueSize);
  return Math.min(writableLength, Math.max(0, queued));
}
