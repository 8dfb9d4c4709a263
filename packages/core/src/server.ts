// The server: settings and handlers in, accepted `net.Socket`s out. It listens, decides whom to take, watches deadlines
// and ends everything in bounded time. It never reads, writes or wraps a connection's bytes.
import { createServer as createNetServer, type AddressInfo, type ListenOptions, type Server as NetServer, type Socket } from 'node:net';
import { Connection, readInfo } from './connection.js';
import { DeadlineSweep } from './deadline-sweep.js';
import { Drain, type DrainOptions, type DrainReport } from './drain.js';
import { TCPError, type TCPErrorCode } from './errors.js';
import { handlerFailed, Handlers } from './handlers.js';
import { guardListeners } from './listener-guard.js';
import { connectionsWithin, openFilesLimit } from './open-files.js';
import {
  checkGracePeriod,
  checkHandlers,
  checkNotice,
  checkPort,
  checkSettings,
  defaultSettings,
  type ResolvedSettings,
  type ServerOptions,
} from './options.js';
import { Refusals } from './refusals.js';
import { setMarks } from './stream-marks.js';

/** The protocols that `createServer` knows. */
export const ServerProtocol = { TCP: 'tcp' } as const;
export type ServerProtocol = (typeof ServerProtocol)[keyof typeof ServerProtocol];

/** What a server counted since it was created. */
export interface ServerStats {
  /** Connections open now. */
  open: number;
  /** Connections that `onConnection` saw. */
  accepted: number;
  /** Connections refused, in all and by code. */
  refused: number;
  refusedByCode: Record<string, number>;
  /** Bytes in and out of all accepted connections, the open ones included. */
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
   * Rejects with the system's error (`EADDRINUSE`, `EACCES`), `ERR_TCP_ALREADY_LISTENING` or `ERR_TCP_CLOSED`.
   */
  listen(port?: number, host?: string): Promise<AddressInfo>;
  /** Where it listens, or `null`. */
  address(): AddressInfo | null;
  /**
   * Stops listening; settles when the last connection has ended by itself, however long that takes: see `shutdown`.
   * Again, or when not listening, is fine.
   */
  close(): Promise<void>;
  /**
   * Stops listening and ends every connection by a deadline: refuses new ones, sends the notice, gives peers time,
   * ends our direction, and destroys what is left. Called again it may only bring the deadline nearer.
   */
  shutdown(options?: DrainOptions): Promise<DrainReport>;
  /** The connections open now: Node's own sockets. */
  readonly connections: ReadonlySet<Socket>;
  stats(): ServerStats;
  /** `shutdown({ gracePeriod: 0 })`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates a server; it does nothing before `listen`.
 *
 * @throws {TCPError} `ERR_TCP_UNKNOWN_PROTOCOL`
 * @example
 * const server = createServer().withOptions({ tcp: { onConnection: (socket) => socket.pipe(socket) } });
 * const { port } = await server.listen(0);
 */
export function createServer(protocol: ServerProtocol = ServerProtocol.TCP): TCPServer {
  if (protocol !== ServerProtocol.TCP) {
    const known = Object.entries(ServerProtocol).map(([name, value]) => `ServerProtocol.${name} ('${value}')`);
    throw new TCPError(
      'ERR_TCP_UNKNOWN_PROTOCOL',
      `there is no protocol ${JSON.stringify(protocol)} here; there is ${known.join(', ')}`,
    );
  }
  return new Server();
}

/** Settles when `listener` listens, failed to, or was closed before it could. */
function bind(listener: NetServer, options: ListenOptions): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    listener.once('listening', resolve);
    listener.once('error', reject);
    // Closed while it was about to listen, it emits no other event.
    listener.once('close', () => reject(new TCPError('ERR_TCP_CLOSED', 'the server was closed before it listened')));
    listener.listen(options);
  });
}

class Server implements TCPServer {
  readonly #handlers = new Handlers();
  readonly #open = new Set<Connection>();
  readonly #sockets = new Set<Socket>();
  readonly #sweep = new DeadlineSweep(this.#open);
  readonly #refusals = new Refusals(this.#handlers);
  #settings: ResolvedSettings = defaultSettings;
  #settingsGiven: Partial<ResolvedSettings> = {};
  #port = 0;
  #host = '0.0.0.0';
  #listener: NetServer | undefined;
  #closing: Promise<void> | undefined;
  #drain: Drain | undefined;
  #shutdown: Promise<DrainReport> | undefined;
  /** Set while `close` waits for the last `'close'`. */
  #onEmpty: (() => void) | undefined;
  #lastId = 0;
  #accepted = 0;
  #closedBytesRead = 0;
  #closedBytesWritten = 0;

  get connections(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  withOptions({ port, host, tcp = {} }: ServerOptions): this {
    if (port !== undefined) checkPort(port);
    if (host !== undefined && typeof host !== 'string') throw new TypeError(`host must be a string, got ${typeof host}`);
    checkHandlers(tcp);
    this.#settingsGiven = { ...this.#settingsGiven, ...checkSettings(tcp) };
    this.#settings = { ...this.#settings, ...this.#settingsGiven };
    this.#handlers.add(tcp);
    this.#port = port ?? this.#port;
    this.#host = host ?? this.#host;
    if (this.#listener !== undefined) this.#sweep.start(this.#settings.timeout, this.#settings.writeStallTimeout);
    return this;
  }

  listen(port: number = this.#port, host: string = this.#host): Promise<AddressInfo> {
    const listening: Promise<AddressInfo> = this.#listen(port, host).catch((error: NodeJS.ErrnoException) => {
      if (this.#handlers.has('onError')) {
        listening.catch(() => {});
        // A listen that `close` cancelled is no fault of the server.
        if (error.code !== 'ERR_TCP_CLOSED') this.#handlers.report(error);
      }
      throw error;
    });
    return listening;
  }

  async #listen(port: number, host: string): Promise<AddressInfo> {
    checkPort(port);
    if (this.#closing !== undefined) {
      throw new TCPError('ERR_TCP_CLOSED', 'the server is closing: wait for close() before it listens again');
    }
    if (this.#listener !== undefined) {
      throw new TCPError('ERR_TCP_ALREADY_LISTENING', 'the server listens already, or is about to');
    }
    if (this.#settingsGiven.maxConnections === undefined) {
      const maxConnections = Math.min(defaultSettings.maxConnections, connectionsWithin(openFilesLimit()));
      this.#settings = { ...this.#settings, maxConnections };
    }
    const { allowHalfOpen, pauseOnConnect, keepAlive, keepAliveInitialDelay, noDelay, backlog, exclusive } =
      this.#settings;
    const listener = createNetServer({ allowHalfOpen, pauseOnConnect, keepAlive, keepAliveInitialDelay, noDelay });
    this.#listener = listener;
    listener.on('connection', (socket) => this.#onSocket(socket));
    await bind(listener, { port, host, backlog, exclusive }).catch((error: unknown) => {
      if (this.#listener === listener) this.#listener = undefined;
      throw error;
    });
    listener.on('error', (error) => this.#handlers.report(error));
    this.#sweep.start(this.#settings.timeout, this.#settings.writeStallTimeout);
    this.#handlers.run('onListening', [], this.#reportFailure);
    return listener.address() as AddressInfo;
  }

  address(): AddressInfo | null {
    return (this.#listener?.address() ?? null) as AddressInfo | null;
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const listener = this.#listener;
    if (listener === undefined) return Promise.resolve();
    this.#closing = new Promise<void>((resolve) => {
      // Waits for the connections as well. Its error means that `listen` was still pending, and that one tells.
      listener.close(() => resolve());
    }).then(async () => {
      // Node counts a connection as gone before its `'close'`, and `onDisconnect` comes with that.
      if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
      this.#listener = undefined;
      this.#closing = undefined;
      this.#sweep.stop();
      this.#handlers.run('onClose', [], this.#reportFailure);
    });
    return this.#closing;
  }

  shutdown({ gracePeriod = 30_000, notice }: DrainOptions = {}): Promise<DrainReport> {
    checkGracePeriod(gracePeriod);
    checkNotice(notice);
    if (this.#drain !== undefined && this.#shutdown !== undefined) {
      this.#drain.tighten(gracePeriod);
      return this.#shutdown;
    }
    const drain = new Drain(this.#open);
    this.#drain = drain;
    const closed = this.close();
    drain.begin(gracePeriod, notice);
    this.#shutdown = closed.then(() => {
      this.#drain = undefined;
      this.#shutdown = undefined;
      return drain.finish();
    });
    return this.#shutdown;
  }

  stats(): ServerStats {
    let bytesRead = this.#closedBytesRead;
    let bytesWritten = this.#closedBytesWritten;
    for (const socket of this.#sockets) {
      bytesRead += socket.bytesRead;
      bytesWritten += socket.bytesWritten;
    }
    return {
      open: this.#open.size,
      accepted: this.#accepted,
      refused: this.#refusals.total,
      refusedByCode: this.#refusals.byCode(),
      bytesRead,
      bytesWritten,
      maxConnections: this.#settings.maxConnections,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown({ gracePeriod: 0 });
  }

  #onSocket(socket: Socket): void {
    const connection = new Connection(socket, readInfo(socket, ++this.#lastId), performance.now());
    guardListeners(socket, {
      onFailure: (cause) => this.#listenerFailed(socket, cause),
      onError: (error) => connection.failed(error),
      onClose: () => this.#onClose(connection),
    });
    if (!this.#refusals.admit(connection, this.#refusal, this.#reportFailure)) return;
    this.#accepted++;
    this.#open.add(connection);
    this.#sockets.add(socket);
    setMarks(socket, this.#settings.readableHighWaterMark, this.#settings.writableHighWaterMark);
    this.#handlers.run('onConnection', [socket, connection.info], (error) => {
      this.#handlers.report(error);
      socket.destroy(error);
    });
  }

  /** Why nobody may come in now. */
  readonly #refusal = (): TCPErrorCode | undefined => {
    if (this.#drain !== undefined) return 'ERR_TCP_DRAINING';
    return this.#open.size >= this.#settings.maxConnections ? 'ERR_TCP_CONNECTION_LIMIT' : undefined;
  };

  #onClose(connection: Connection): void {
    // One that was refused never was in.
    if (!this.#open.delete(connection)) return;
    const end = connection.end(performance.now());
    this.#sockets.delete(connection.socket);
    this.#closedBytesRead += end.bytesRead;
    this.#closedBytesWritten += end.bytesWritten;
    this.#handlers.run('onDisconnect', [connection.info, end], this.#reportFailure);
    if (this.#open.size === 0) this.#onEmpty?.();
  }

  readonly #reportFailure = (error: Error): void => this.#handlers.report(error);

  /** A listener that the application attached to a socket threw or rejected. */
  #listenerFailed(socket: Socket, cause: unknown): void {
    const error = handlerFailed('a listener of the socket', cause);
    this.#handlers.report(error);
    socket.destroy(error);
  }
}
