// The server: settings and handlers in, accepted `net.Socket`s out. It listens, counts, watches deadlines and ends
// everything in bounded time; whom to take is decided in `Admission`. It never reads, writes or wraps a connection's bytes.
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { Admission, changeGates, noGates } from './admission.js';
import { bind, boundAddress, supportsReusePort, type BindTarget } from './bind.js';
import { closeChannel, connectionChannel, shutdownChannel } from './channels.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { DeadlineSweep } from './deadline-sweep.js';
import { Drain, type DrainOptions, type DrainReport } from './drain.js';
import { TCPError, type TCPErrorCode } from './errors.js';
import { handlerFailed, Handlers } from './handlers.js';
import { guardListeners } from './listener-guard.js';
import { connectionsWithin, openFilesLimit } from './open-files.js';
import { checkNames } from './option-names.js';
import {
  checkAddress,
  checkGracePeriod,
  checkHandlers,
  checkNotice,
  checkSettings,
  checkTogether,
  defaultSettings,
  type GivenSettings,
  type ResolvedSettings,
  type ServerOptions,
} from './options.js';
import { Refusals } from './refusals.js';
import { setMarks } from './stream-marks.js';
import type { ServerAddress, ServerStats, TCPServer } from './tcp-server.js';

/** The protocols that `createServer` knows. */
export const ServerProtocol = { TCP: 'tcp' } as const;
export type ServerProtocol = (typeof ServerProtocol)[keyof typeof ServerProtocol];

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

class Server implements TCPServer, ConnectionOwner {
  readonly #handlers = new Handlers();
  /** Those that are served. */
  readonly #sockets = new Set<Socket>();
  readonly #sweep = new DeadlineSweep(this.#sockets);
  readonly #refusals = new Refusals(this.#handlers, (error) => this.#handlers.report(error));
  readonly #admission = new Admission(this, this.#refusals);
  #gates = noGates;
  #settings: ResolvedSettings = defaultSettings;
  #settingsGiven: GivenSettings = {};
  #port = 0;
  #host = '0.0.0.0';
  #listener: NetServer | undefined;
  /** Stops a `listen` that has not bound yet. */
  #binding: AbortController | undefined;
  #closing: Promise<void> | undefined;
  #drain: Drain | undefined;
  #shutdown: Promise<DrainReport> | undefined;
  /** Connections whose end has not been told. */
  #live = 0;
  /** Set while `close` waits for the last end. */
  #onEmpty: (() => void) | undefined;
  #lastId = 0;
  #accepted = 0;
  #closedBytesRead = 0;
  #closedBytesWritten = 0;

  get connections(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  withOptions(options: ServerOptions): this {
    const { port, host, tcp = {} } = options;
    checkNames(options);
    checkAddress(port, host);
    checkHandlers(tcp);
    const given = checkSettings(tcp);
    if (given.reusePort && !supportsReusePort()) {
      throw new TypeError(`reusePort needs Node 22.12, 23.1 or newer; this is ${process.versions.node}`);
    }
    const settings = { ...this.#settings, ...given };
    checkTogether(settings);
    this.#gates = changeGates(this.#gates, given, settings);
    this.#settingsGiven = { ...this.#settingsGiven, ...given };
    this.#settings = settings;
    this.#handlers.add(tcp);
    this.#port = port ?? this.#port;
    this.#host = host ?? this.#host;
    this.#admission.use(this.#gates, settings.handshakeTimeout);
    if (this.#listener !== undefined) this.#sweep.start(settings.timeout, settings.writeStallTimeout);
    return this;
  }

  listen(port?: number, host?: string): Promise<ServerAddress> {
    const listening: Promise<ServerAddress> = this.#listen(port, host).catch((error: NodeJS.ErrnoException) => {
      if (this.#handlers.has('onError')) {
        listening.catch(() => {});
        // A listen that was cancelled is no fault of the server.
        if (error.code !== 'ERR_TCP_CLOSED' && error !== this.#settings.signal?.reason) this.#handlers.report(error);
      }
      throw error;
    });
    return listening;
  }

  async #listen(port: number | undefined, host: string | undefined): Promise<ServerAddress> {
    const target = this.#targetOf(port, host);
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
    const { allowHalfOpen, pauseOnConnect, keepAlive, keepAliveInitialDelay, noDelay, signal } = this.#settings;
    const listener = createNetServer({ allowHalfOpen, pauseOnConnect, keepAlive, keepAliveInitialDelay, noDelay });
    this.#listener = listener;
    this.#binding = new AbortController();
    listener.on('connection', (socket) => this.#onSocket(socket));
    const stop = this.#binding.signal;
    try {
      await bind(listener, target, signal === undefined ? stop : AbortSignal.any([signal, stop]));
      // Closed in the moment between.
      if (!listener.listening) throw new TCPError('ERR_TCP_CLOSED', 'the server was closed before it listened');
    } catch (error) {
      if (this.#listener === listener) this.#listener = undefined;
      this.#sweep.stop();
      throw error;
    } finally {
      this.#binding = undefined;
    }
    listener.on('error', (error) => this.#handlers.report(error));
    const address = boundAddress(listener) as ServerAddress;
    this.#admission.listensOn(address.path !== undefined);
    this.#sweep.start(this.#settings.timeout, this.#settings.writeStallTimeout);
    this.#handlers.run('onListening', [], this.#reportFailure);
    return address;
  }

  #targetOf(port: number | undefined, host: string | undefined): BindTarget {
    const { path, fd, backlog, exclusive, ipv6Only, reusePort } = this.#settings;
    if (port === undefined && fd !== undefined) return { fd, backlog };
    if (port === undefined && path !== undefined) return { path, backlog, exclusive };
    checkAddress(port ?? this.#port, host ?? this.#host);
    return { port: port ?? this.#port, host: host ?? this.#host, backlog, exclusive, ipv6Only, reusePort };
  }

  address(): ServerAddress | null {
    return this.#listener === undefined ? null : (boundAddress(this.#listener) as ServerAddress | null);
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const listener = this.#listener;
    if (listener === undefined) return Promise.resolve();
    this.#closing = new Promise<void>((resolve) => {
      // Of one that listens it waits for the connections as well; one that is to be bound, `bind` closes.
      listener.once('close', resolve);
      if (listener.listening) listener.close();
      else this.#binding?.abort(new TCPError('ERR_TCP_CLOSED', 'the server was closed before it listened'));
    }).then(async () => {
      // Node counts a connection as gone before its `'close'`, and `onDisconnect` comes with that.
      if (this.#live > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
      this.#listener = undefined;
      this.#closing = undefined;
      this.#sweep.stop();
      this.#handlers.run('onClose', [], this.#reportFailure);
    });
    return this.#closing;
  }

  shutdown({ gracePeriod = 30_000, notice }: DrainOptions = {}): Promise<DrainReport> {
    try {
      checkGracePeriod(gracePeriod);
      checkNotice(notice);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#drain !== undefined && this.#shutdown !== undefined) {
      this.#drain.tighten(gracePeriod);
      return this.#shutdown;
    }
    const drain = new Drain(this.#sockets);
    this.#drain = drain;
    const closed = this.close();
    this.#admission.refuseHandshakes(new TCPError('ERR_TCP_DRAINING', 'the server is shutting down'));
    drain.begin(gracePeriod, notice);
    this.#shutdown = closed.then(() => {
      this.#drain = undefined;
      this.#shutdown = undefined;
      const report = drain.finish();
      if (shutdownChannel.hasSubscribers) shutdownChannel.publish({ report });
      return report;
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
      open: this.#sockets.size,
      handshaking: this.#admission.handshaking,
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
    const connection = new Connection(socket, ++this.#lastId, performance.now(), this);
    this.#live++;
    guardListeners(socket, connection);
    this.#admission.arrive(connection);
  }

  get isDraining(): boolean {
    return this.#drain !== undefined;
  }

  /** Why nobody may come in now. */
  refusal(): TCPErrorCode | undefined {
    if (this.isDraining) return 'ERR_TCP_DRAINING';
    const taken = this.#sockets.size + this.#admission.handshaking;
    return taken >= this.#settings.maxConnections ? 'ERR_TCP_CONNECTION_LIMIT' : undefined;
  }

  serve(connection: Connection): void {
    const { socket, info } = connection;
    connection.stage = 'served';
    this.#accepted++;
    this.#sockets.add(socket);
    setMarks(socket, this.#settings.readableHighWaterMark, this.#settings.writableHighWaterMark);
    if (this.#settings.pauseOnConnect) socket.pause();
    if (connectionChannel.hasSubscribers) connectionChannel.publish({ socket, info });
    this.#handlers.run('onConnection', [socket, info], (error) => this.#fail(connection, error));
  }

  onClose(connection: Connection): void {
    const end = connection.end(performance.now());
    if (this.#sockets.delete(connection.socket)) {
      this.#closedBytesRead += end.bytesRead;
      this.#closedBytesWritten += end.bytesWritten;
    }
    if (connection.isLetIn) {
      if (closeChannel.hasSubscribers) closeChannel.publish({ info: connection.info, end });
      this.#handlers.run('onDisconnect', [connection.info, end], this.#reportFailure);
    }
    if (--this.#live === 0) this.#onEmpty?.();
  }

  /** A listener that the application attached to a socket threw or rejected. */
  onFailure(connection: Connection, cause: unknown): void {
    this.#fail(connection, handlerFailed('a listener of the socket', cause));
  }

  #fail(connection: Connection, error: TCPError): void {
    if (connection.isEndedBy(error.cause)) return;
    this.#handlers.report(error);
    connection.fail(error);
  }

  readonly #reportFailure = (error: Error): void => this.#handlers.report(error);
}
