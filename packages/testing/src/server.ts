// A real TCP server for tests: listening when `createTCPServer` returns, gone when `close` settles. It watches each
// connection so that neither a peer nor a handler can end the test process, and shows what went wrong.
import { Server, type AddressInfo, type Socket } from 'node:net';
import { destroyAndWait } from './client.js';
import { TestingError } from './errors.js';
import { resolveTCPServerOptions, type ResolvedServerOptions, type TCPServerOptions } from './options.js';

/** `errors` keeps the first ones; a flood of resets must not fill memory. */
const MAX_ERRORS = 1000;

/** See `createTCPServer`. */
export interface TestTCPServer {
  /** Where it listens. @throws {TestingError} `ERR_TESTING_NOT_LISTENING` after `close` */
  address(): AddressInfo;
  /** The open connections. */
  readonly connections: ReadonlySet<Socket>;
  /** What went wrong so far, in order: what handlers threw, wrapped, and the errors of sockets (`ECONNRESET`…), as they are. */
  readonly errors: readonly Error[];
  /**
   * Stops listening, destroys every open connection, and settles when all are closed. The same promise when called again.
   * Rejects with the first `ERR_TESTING_HANDLER_FAILED`, unless `onError` took it: a resetting peer is no failure.
   */
  close(): Promise<void>;
  /** `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A server that listens when this returns, on every local address (only so is the port known at once).
 *
 * @throws RangeError for an option out of range.
 * @throws {TestingError} `ERR_TESTING_PORT_UNAVAILABLE`
 *
 * @example
 * await using server = createTCPServer({ onConnection: (socket) => socket.end('hello') });
 * const { port } = server.address();
 */
export function createTCPServer(options?: TCPServerOptions): TestTCPServer {
  return new ListeningServer(resolveTCPServerOptions(options));
}

class ListeningServer implements TestTCPServer {
  readonly connections: Set<Socket> = new Set();
  readonly errors: Error[] = [];
  readonly #options: ResolvedServerOptions;
  readonly #server: Server;
  readonly #address: AddressInfo;
  #handlerError: TestingError | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedServerOptions) {
    this.#options = options;
    const { allowHalfOpen, highWaterMarkBytes: highWaterMark, port } = options;
    this.#server = new Server({ allowHalfOpen, highWaterMark, noDelay: true });
    this.#server.on('connection', (socket) => this.#accept(socket));
    this.#server.on('error', (error) => this.#record(error));
    // With a host, even an address, Node looks it up first and listens on a later turn.
    this.#server.listen(port);
    const address = this.#server.address();
    if (address === null || typeof address === 'string') {
      throw new TestingError('ERR_TESTING_PORT_UNAVAILABLE', `cannot listen on port ${port}: it is in use or not allowed`);
    }
    this.#address = address;
  }

  address(): AddressInfo {
    if (this.#closed !== undefined) throw new TestingError('ERR_TESTING_NOT_LISTENING', 'the server is closed');
    return { ...this.#address };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const listenerClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all([...this.connections].map(destroyAndWait));
    await listenerClosed;
    if (this.#handlerError !== undefined) throw this.#handlerError;
  }

  #accept(socket: Socket): void {
    this.connections.add(socket);
    socket.on('error', (error) => this.#record(error));
    socket.once('close', () => this.connections.delete(socket));
    const fail = (cause: unknown): void => {
      socket.destroy();
      this.#failHandler(cause);
    };
    try {
      // A handler may be async; what it resolves with means nothing.
      void Promise.resolve(this.#options.onConnection(socket)).catch(fail);
    } catch (cause) {
      fail(cause);
    }
  }

  #failHandler(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new TestingError('ERR_TESTING_HANDLER_FAILED', `onConnection failed: ${reason}`, { cause });
    this.#record(error);
    if (this.#options.onError !== undefined) {
      this.#options.onError(error);
      return;
    }
    this.#handlerError ??= error;
    // A test that waits for an answer never reaches `close`: say it now as well.
    process.emitWarning(cause instanceof Error ? (cause.stack ?? reason) : reason, 'TestTCPServer', error.code);
  }

  #record(error: Error): void {
    if (this.errors.length < MAX_ERRORS) this.errors.push(error);
  }
}
