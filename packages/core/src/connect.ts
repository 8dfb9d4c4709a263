// One outgoing connection, as a promise with a deadline: settles once the socket can be used, TLS included.
import { connect as connectNet, type Socket } from 'node:net';
import { connect as connectTLS } from 'node:tls';
import { resolveConnectOptions, type ConnectOptions, type ResolvedConnectOptions } from './client-options.js';
import { TCPError } from './errors.js';
import { setMarks } from './stream-marks.js';

/**
 * Connects to `host` and `port`, or to the unix socket `path`, over TLS where `tls` is given.
 *
 * The socket has an `'error'` listener already, so that a peer cannot end the process; attach your own to know.
 *
 * Rejects with `ERR_TCP_CONNECT_TIMEOUT`, the system's error (`ECONNREFUSED`…) or TLS's, or where `signal` aborts with
 * its reason. The attempt is then over, and nothing is left of it.
 *
 * @throws RangeError, TypeError for a wrong option
 * @example
 * const socket = await connect({ port: 8080, connectTimeout: 2000 });
 */
export function connect(options: ConnectOptions): Promise<Socket> {
  const resolved = resolveConnectOptions(options);
  const { signal } = resolved;
  if (signal?.aborted) return Promise.reject(signal.reason as Error);
  return new Promise<Socket>((resolve, reject) => {
    const socket = open(resolved);
    const attempt = new Attempt(socket, resolved, (error) => (error === undefined ? resolve(socket) : reject(error)));
    socket.once(resolved.tls === undefined ? 'connect' : 'secureConnect', () => attempt.settle(undefined));
  });
}

function open(options: ResolvedConnectOptions): Socket {
  const { host, port, path, allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay, tls } = options;
  const target = path === undefined ? { host, port: port as number } : { path };
  const transport = { ...target, allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay };
  return tls === undefined ? connectNet(transport) : connectTLS({ ...transport, ...tls });
}

/** What may end an attempt, of which only the first counts. */
class Attempt {
  readonly #socket: Socket;
  readonly #signal: AbortSignal | undefined;
  readonly #marks: readonly [readable: number, writable: number];
  readonly #onSettled: (error: Error | undefined) => void;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: ResolvedConnectOptions, onSettled: (error: Error | undefined) => void) {
    this.#socket = socket;
    this.#signal = options.signal;
    this.#marks = [options.readableHighWaterMark, options.writableHighWaterMark];
    this.#onSettled = onSettled;
    // Stays: who connected hears of errors by a listener of its own, and of the end by 'close'.
    socket.on('error', () => {});
    socket.once('error', this.settle);
    socket.once('close', this.#onClose);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    const { connectTimeout } = options;
    if (connectTimeout === Infinity) return;
    const error = new TCPError('ERR_TCP_CONNECT_TIMEOUT', `no connection within ${connectTimeout} ms (connectTimeout)`);
    this.#timer = setTimeout(this.settle, connectTimeout, error);
  }

  readonly settle = (error: Error | undefined): void => {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#socket.off('error', this.settle);
    this.#socket.off('close', this.#onClose);
    if (error === undefined) setMarks(this.#socket, ...this.#marks);
    else this.#socket.destroy();
    this.#onSettled(error);
  };

  readonly #onAbort = (): void => this.settle(this.#signal?.reason as Error);

  readonly #onClose = (): void => this.settle(new TCPError('ERR_TCP_CLOSED', 'the peer closed before the connection could be used'));
}
