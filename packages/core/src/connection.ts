// One accepted connection: who it is, when it last moved, and how it ended. It never touches the byte flow; it reads
// counters, so whoever owns the `'data'` listener is not disturbed.
import type { Socket } from 'node:net';
import { TCPError } from './errors.js';
import type { ConnectionInfo, Disconnection } from './options.js';

/** A socket's counters at one look. */
interface Progress {
  bytesRead: number;
  /** Bytes that left our queue; moves by whole chunks. */
  bytesSent: number;
  /** What the handle still holds of the chunk on its way; moves also within a chunk. */
  handleQueue: number;
  pendingBytes: number;
}

export class Connection {
  readonly socket: Socket;
  readonly info: ConnectionInfo;
  readonly #openedAt: number;
  #activeAt: number;
  /** The last look at which output moved, or at which none was pending just before. */
  #outputMovedAt: number;
  readonly #last: Progress = { bytesRead: 0, bytesSent: 0, handleQueue: 0, pendingBytes: 0 };
  #reason: Error | undefined;

  constructor(socket: Socket, info: ConnectionInfo, now: number) {
    this.socket = socket;
    this.info = info;
    this.#openedAt = now;
    this.#activeAt = now;
    this.#outputMovedAt = now;
  }

  /** Notes what ends it; the first error is the reason. */
  failed(error: Error): void {
    this.#reason ??= error;
  }

  /**
   * Looks at the counters, and destroys the connection where a deadline has passed. `timeout` and `stallTimeout` are in
   * milliseconds; `Infinity` is off.
   */
  check(now: number, timeout: number, stallTimeout: number): void {
    const { socket } = this;
    const last = this.#last;
    const { bytesRead, writableLength } = socket;
    const bytesSent = socket.bytesWritten - writableLength;
    const handleQueue = handleQueueOf(socket);
    const outputMoved = bytesSent !== last.bytesSent || handleQueue !== last.handleQueue;
    if (outputMoved || writableLength === 0 || last.pendingBytes === 0) this.#outputMovedAt = now;
    if (outputMoved || bytesRead !== last.bytesRead) this.#activeAt = now;
    last.bytesRead = bytesRead;
    last.bytesSent = bytesSent;
    last.handleQueue = handleQueue;
    last.pendingBytes = writableLength;
    if (now - this.#outputMovedAt >= stallTimeout) {
      const message = `${writableLength} bytes of output have not moved for ${stallTimeout} ms (writeStallTimeout)`;
      socket.destroy(new TCPError('ERR_TCP_WRITE_STALLED', message));
    } else if (now - this.#activeAt >= timeout) {
      socket.destroy(new TCPError('ERR_TCP_TIMEOUT', `no byte in either direction for ${timeout} ms (timeout)`));
    }
  }

  /** How it went. Asked in the socket's `'close'`. */
  end(now: number): Disconnection {
    const { bytesRead, bytesWritten } = this.socket;
    return { reason: this.#reason, bytesRead, bytesWritten, duration: now - this.#openedAt };
  }
}

/** Node's own timeout reads the handle's queue as well, for `writableLength` stands still while one big chunk leaves. */
function handleQueueOf(socket: Socket): number {
  return (socket as unknown as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;
}

const IPv4_IN_IPv6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Reads a socket's addresses, with `::ffff:1.2.3.4` as the IPv4 address that it is. */
export function readInfo(socket: Socket, id: number): ConnectionInfo {
  return {
    id,
    remoteAddress: unmapped(socket.remoteAddress),
    remotePort: socket.remotePort,
    localAddress: unmapped(socket.localAddress),
    localPort: socket.localPort,
  };
}

function unmapped(address: string | undefined): string | undefined {
  return address === undefined ? undefined : (IPv4_IN_IPv6.exec(address)?.[1] ?? address);
}
