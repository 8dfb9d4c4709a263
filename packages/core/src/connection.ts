// One accepted connection: who it is, when it last moved, and how it ended. It never touches the byte flow; it reads
// counters, so whoever owns the `'data'` listener is not disturbed.
import type { Socket } from 'node:net';
import type { ConnectionInfo, ProxyInfo, TLSInfo } from './connection-info.js';
import { TCPError } from './errors.js';
import { unmapped } from './ip-address.js';
import { guardOf, type Guard } from './listener-guard.js';
import type { Disconnection } from './tcp-handlers.js';

/** Who hears of a connection's end, and of what the application's listeners threw. */
export interface ConnectionOwner {
  onFailure(connection: Connection, cause: unknown): void;
  onClose(connection: Connection): void;
}

const syscallsOfSockets: ReadonlySet<string | undefined> = new Set(['read', 'write', 'shutdown']);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class Connection implements Guard {
  /** What the application gets: the accepted socket, or the TLS socket over it. */
  socket: Socket;
  readonly info: ConnectionInfo;
  /** Where it is on its way; only what is served or refused can be told to have ended. */
  stage: 'arriving' | 'served' | 'refused' = 'arriving';
  /** `accept` said yes, so that `onDisconnect` will be told. */
  isLetIn = false;
  isClosed = false;
  readonly #raw: Socket;
  readonly #owner: ConnectionOwner;
  readonly #openedAt: number;
  #activeAt: number;
  /** The last look at which output moved, or at which none was pending just before. */
  #outputMovedAt: number;
  // The socket's counters at the last look.
  #bytesRead = 0;
  /** Bytes that left our queue; moves by whole chunks. */
  #bytesSent = 0;
  /** What the handle still holds of the chunk on its way; moves also within a chunk. */
  #handleQueue = 0;
  #pendingBytes = 0;
  #reason: Error | undefined;

  constructor(socket: Socket, id: number, now: number, owner: ConnectionOwner) {
    this.socket = socket;
    this.info = readInfo(socket, id);
    this.#raw = socket;
    this.#owner = owner;
    this.#openedAt = now;
    this.#activeAt = now;
    this.#outputMovedAt = now;
  }

  /** What ended it, so far as is known. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  set reason(error: Error | undefined) {
    this.#reason = error;
  }

  onFailure(cause: unknown): void {
    this.#owner.onFailure(this, cause);
  }

  /** The first error is the reason. */
  onError(error: Error): void {
    this.#reason ??= error;
  }

  /**
   * Whether `cause` is the very error that the system, TLS or a deadline ended it with. Whoever reads a socket with
   * `for await`, `pipeline` or `once` is thrown it: no fault of his.
   */
  isEndedBy(cause: unknown): boolean {
    if (!(cause instanceof Error) || (cause !== this.#reason && cause !== this.socket.errored)) return false;
    const { syscall, code } = cause as NodeJS.ErrnoException;
    return cause instanceof TCPError || syscallsOfSockets.has(syscall) || code?.startsWith('ERR_SSL_') === true;
  }

  /** The application failed it: that is the reason, unless it had ended already. */
  fail(error: TCPError): void {
    const known: NodeJS.ErrnoException | null = this.#reason ?? this.socket.errored;
    // What Node destroys a socket with where a `for await` over it is left by a throw.
    if (known === null || known.code === 'ABORT_ERR') this.#reason = error;
    this.socket.destroy(error);
  }

  onClose(socket: Socket): void {
    // The socket below a TLS socket closes first.
    if (socket !== this.socket) return;
    this.isClosed = true;
    if (this.stage !== 'arriving') this.#owner.onClose(this);
  }

  /** A proxy in front told whose connection it is; `client` is absent where it speaks for itself. */
  isBehind(proxy: ProxyInfo, client: { address: string | undefined; port: number | undefined } | undefined): void {
    const info = this.info as Writable<ConnectionInfo>;
    info.proxy = proxy;
    if (client === undefined) return;
    info.remoteAddress = client.address;
    info.remotePort = client.port;
    showRemote(this.#raw, info);
  }

  /** The application will get this socket in place of the accepted one. */
  isSecuredBy(socket: Socket): void {
    this.socket = socket;
    if (this.info.proxy?.command === 'proxy') showRemote(socket, this.info);
  }

  agreedOn(tls: TLSInfo): void {
    (this.info as Writable<ConnectionInfo>).tls = tls;
  }

  /**
   * Looks at the counters, and destroys the connection where a deadline has passed. `timeout` and `stallTimeout` are in
   * milliseconds; `Infinity` is off.
   */
  check(now: number, timeout: number, stallTimeout: number): void {
    const { socket } = this;
    const { bytesRead, writableLength } = socket;
    const bytesSent = socket.bytesWritten - writableLength;
    const handleQueue = handleQueueOf(this.#raw);
    const outputMoved = bytesSent !== this.#bytesSent || handleQueue !== this.#handleQueue;
    if (outputMoved || writableLength === 0 || this.#pendingBytes === 0) this.#outputMovedAt = now;
    if (outputMoved || bytesRead !== this.#bytesRead) this.#activeAt = now;
    this.#bytesRead = bytesRead;
    this.#bytesSent = bytesSent;
    this.#handleQueue = handleQueue;
    this.#pendingBytes = writableLength;
    if (now - this.#outputMovedAt >= stallTimeout) {
      const message = `${writableLength} bytes of output have not moved for ${stallTimeout} ms (writeStallTimeout)`;
      socket.destroy(new TCPError('ERR_TCP_WRITE_STALLED', message));
    } else if (now - this.#activeAt >= timeout) {
      socket.destroy(new TCPError('ERR_TCP_TIMEOUT', `no byte in either direction for ${timeout} ms (timeout)`));
    }
  }

  /** How it went. Asked once it has closed. */
  end(now: number): Disconnection {
    const { bytesRead, bytesWritten } = this.socket;
    return { reason: this.#reason, bytesRead, bytesWritten, duration: now - this.#openedAt };
  }
}

/** The connection of a socket that a server handed out. */
export function connectionOf(socket: Socket): Connection {
  return guardOf(socket) as Connection;
}

/** Node's own timeout reads the handle's queue as well, for `writableLength` stands still while one big chunk leaves. */
function handleQueueOf(socket: Socket): number {
  return (socket as unknown as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;
}

/** Nearly all connections of a server come to the same address: one string serves for all. */
let lastLocalAddress: string | undefined;

/** Reads a socket's addresses, with `::ffff:1.2.3.4` as the IPv4 address that it is. */
function readInfo(socket: Socket, id: number): ConnectionInfo {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (localAddress !== lastLocalAddress) lastLocalAddress = localAddress;
  forgetLocalAddress(socket);
  return {
    id,
    remoteAddress: remoteAddress && unmapped(remoteAddress),
    remotePort,
    localAddress: lastLocalAddress && unmapped(lastLocalAddress),
    localPort,
  };
}

/**
 * Node keeps the answer for as long as the socket lives, and `info` has it: 88 bytes for each idle connection. Whoever asks
 * the socket makes Node look it up again.
 */
function forgetLocalAddress(socket: Socket): void {
  const open = socket as unknown as { _sockname?: unknown };
  if (open._sockname !== undefined) open._sockname = null;
}

/** From now on the socket says that its peer is the client, whatever the system thinks. */
function showRemote(socket: Socket, { remoteAddress, remotePort }: ConnectionInfo): void {
  const remoteFamily = remoteAddress === undefined ? undefined : remoteAddress.includes(':') ? 'IPv6' : 'IPv4';
  for (const [name, value] of Object.entries({ remoteAddress, remotePort, remoteFamily })) {
    Object.defineProperty(socket, name, { value, configurable: true, enumerable: true });
  }
}
