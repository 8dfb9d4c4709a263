// The bounded end of all connections: notice, time to finish, `end()`, and at the deadline `destroy`. Whatever a peer
// does or does not do, it is over by then.
import type { Socket } from 'node:net';
import { TCPError } from './errors.js';

/** With a notice peers get this part of the period to finish by themselves before we end our direction. */
const END_AT = 0.8;
/**
 * What destroying one connection takes, TLS included: a thousand are a fifth of a second. Begun at the deadline it would be
 * over that much later, so it is begun that much sooner, but never before `END_AT`.
 */
const DESTROY_MILLISECONDS = 0.2;
/** They are destroyed a few at a time, this far apart, so that the others' bytes go on leaving meanwhile. */
const PAUSE_MILLISECONDS = 10;

/** How a drain went. `drained + forced` is the number of connections that were open when it began. */
export interface DrainReport {
  /**
   * Connections that ended before the deadline: every byte written to them was handed to the system and the peer ended,
   * unless the peer, the application or `writeStallTimeout` cut one short, which `onDisconnect` tells.
   */
  drained: number;
  /** Connections destroyed because the deadline was there. */
  forced: number;
  /** Bytes of output still queued here on those: at most this many were lost from our queue. */
  unflushedBytes: number;
  /** From the call to the last close, in milliseconds. */
  duration: number;
}

export interface DrainOptions {
  /** Milliseconds until what is left is destroyed; 0 destroys at once. @defaultValue 30000 */
  gracePeriod?: number | undefined;
  /** Bytes that every connection is sent first. Peers then have 80 % of the period before our direction ends. */
  notice?: Uint8Array | string | undefined;
}

/** One drain over the connections open when it began. */
export class Drain {
  readonly #sockets: ReadonlySet<Socket>;
  readonly #beganAt = performance.now();
  readonly #open: number;
  #deadline = Infinity;
  /** When our direction ends; `-Infinity` once it has. */
  #endAt = Infinity;
  #endTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #forced = 0;
  #unflushedBytes = 0;

  constructor(sockets: ReadonlySet<Socket>) {
    this.#sockets = sockets;
    this.#open = sockets.size;
  }

  begin(gracePeriod: number, notice: Uint8Array | string | undefined): void {
    if (notice === undefined || gracePeriod === 0) {
      this.#endAll();
    } else {
      for (const socket of this.#sockets) if (socket.writable) socket.write(notice);
    }
    // From the call: with many connections the lines above take their time.
    this.tighten(gracePeriod, this.#beganAt);
  }

  /** Moves the deadline to `gracePeriod` milliseconds after `from`, if that is sooner, and the end of our direction with it. */
  tighten(gracePeriod: number, from: number = performance.now()): void {
    const deadline = from + gracePeriod;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    clearTimeout(this.#deadlineTimer);
    if (gracePeriod === 0) {
      this.#destroyAll();
      return;
    }
    const now = performance.now();
    const endAt = from + gracePeriod * END_AT;
    this.#deadlineTimer = setTimeout(() => this.#destroySome(), Math.max(0, endAt - now));
    if (endAt >= this.#endAt) return;
    this.#endAt = endAt;
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.#endAll(), Math.max(0, endAt - now));
  }

  /** Called once the last connection has closed. */
  finish(): DrainReport {
    clearTimeout(this.#endTimer);
    clearTimeout(this.#deadlineTimer);
    return {
      drained: this.#open - this.#forced,
      forced: this.#forced,
      unflushedBytes: this.#unflushedBytes,
      duration: performance.now() - this.#beganAt,
    };
  }

  #endAll(): void {
    this.#endAt = -Infinity;
    for (const socket of this.#sockets) {
      socket.end();
      refuseWrites(socket);
      // Unread input would hide the peer's end for ever.
      socket.resume();
    }
  }

  /** Destroys as many as it takes now for all to be gone at the deadline, and comes again; waits while there is time for all. */
  #destroySome(): void {
    const now = performance.now();
    const early = this.#deadline - Math.floor(this.#sockets.size * DESTROY_MILLISECONDS) - now;
    if (early > 0) {
      this.#deadlineTimer = setTimeout(() => this.#destroySome(), early);
      return;
    }
    this.#destroy(Math.ceil((this.#sockets.size * PAUSE_MILLISECONDS) / Math.max(PAUSE_MILLISECONDS, this.#deadline - now)));
    const left = this.#deadline - performance.now();
    if (left <= 0) this.#destroyAll();
    else this.#deadlineTimer = setTimeout(() => this.#destroySome(), Math.min(PAUSE_MILLISECONDS, left));
  }

  #destroyAll(): void {
    clearTimeout(this.#endTimer);
    this.#destroy(Infinity);
  }

  #destroy(count: number): void {
    for (const socket of this.#sockets) {
      if (socket.destroyed) continue;
      this.#forced++;
      this.#unflushedBytes += socket.writableLength;
      socket.destroy(new TCPError('ERR_TCP_DRAIN_TIMEOUT', 'still open at the end of the grace period'));
      if (--count <= 0) return;
    }
  }
}

/**
 * From now on `write` fails by its callback alone. Node's own would destroy the socket, and with it everything that
 * was written before the drain and is still on its way: an echo server answers what comes in, whether it drains or not.
 */
function refuseWrites(socket: Socket): void {
  socket.write = refusedWrite;
  socket.end = refusedEnd;
}

function refusedWrite(_data: unknown, ...rest: unknown[]): boolean {
  failCallback(rest);
  return false;
}

function refusedEnd(this: Socket, ...rest: unknown[]): Socket {
  failCallback(rest);
  return this;
}

function failCallback(values: unknown[]): void {
  const callback = values.find((value) => typeof value === 'function') as ((error: Error) => void) | undefined;
  if (callback === undefined) return;
  process.nextTick(callback, new TCPError('ERR_TCP_DRAINING', 'the server has ended this connection: it is shutting down'));
}
