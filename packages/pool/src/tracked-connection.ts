// One connection of a pool: who it is, what its counters say, and whether it keeps up. It reads counters only: it attaches
// nothing, writes nothing, and never touches the flow.
import type { TCPSocket } from '@verb-tcp/socket';
import type { PooledConnection } from './pooled-connection.js';

export class TrackedConnection implements PooledConnection {
  readonly id: string;
  readonly socket: TCPSocket;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly #addedAt: number;
  #activeAt: number;
  #bytesRead: number;
  /** What was queued at the last look, where that was over the limit; else `Infinity`. */
  #backlog = Infinity;
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
   * nothing of that turn is queued yet: `'slow'` with more than `limit` bytes at two looks and no less at the second one,
   * until a look finds it back below.
   */
  paceIn(turn: number, limit: number): 'steady' | 'slow' {
    if (turn !== this.#turn) {
      const queued = queuedBytes(this.socket);
      const isOver = queued > limit;
      this.#isSlow = isOver && (this.#isSlow || queued >= this.#backlog);
      this.#backlog = isOver ? queued : Infinity;
      this.#turn = turn;
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
