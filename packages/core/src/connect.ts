// One outgoing connection, as a promise with a deadline: settles once the socket can be used, TLS included.
import { connect as connectNet, isIP, type Socket } from 'node:net';
import type { ConnectionOptions as TLSConnectionOptions } from 'node:tls';
import { onAbort } from './abort-listeners.js';
import { resolveConnectOptions, type ConnectOptions, type ResolvedConnectOptions } from './client-options.js';
import { TCPError } from './errors.js';
import { checkPath } from './options.js';
import { setMarks } from './stream-marks.js';

/**
 * Connects to `host` and `port`, or to the unix socket `path`, over TLS where `tls` is given.
 *
 * The socket has an `'error'` listener already, so that a peer cannot end the process; attach your own to know.
 *
 * Rejects with `ERR_TCP_CONNECT_TIMEOUT`, the system's error (`ECONNREFUSED`…) or TLS's, or where `signal` aborts with
 * its reason; with `ERR_TCP_CLOSED` where the peer closes before TLS has agreed, and with a RangeError or TypeError for a wrong
 * option. The attempt is then over, and nothing is left of it.
 *
 * @example
 * const socket = await connect({ port: 8080, connectTimeout: 2000 });
 */
export async function connect(options: ConnectOptions): Promise<Socket> {
  return attempt(checkTarget(options));
}

/** @throws RangeError, TypeError for a wrong option */
export function checkTarget(options: ConnectOptions): ResolvedConnectOptions {
  const resolved = resolveConnectOptions(options);
  if (resolved.path !== undefined) checkPath('path', resolved.path);
  return resolved;
}

async function attempt(options: ResolvedConnectOptions): Promise<Socket> {
  const { host, port, path, allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay, tls, signal } = options;
  const target = path === undefined ? { host, port: port as number } : { path };
  const transport = { ...target, allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay };
  // Loading TLS takes longer than all of this package; most who import it never speak it.
  const secure = tls === undefined ? undefined : await import('node:tls');
  signal?.throwIfAborted();
  const socket = secure === undefined ? connectNet(transport) : secure.connect({ ...transport, ...tls, ...serverName(options) });
  await new Promise<void>((resolve, reject) => {
    const { settle } = new Attempt(socket, options, (error) => (error === undefined ? resolve() : reject(error)));
    socket.once(secure === undefined ? 'connect' : 'secureConnect', () => settle(undefined));
  });
  return socket;
}

/** Node checks the certificate against `host`, but asks for no name by itself. An address is no name, RFC 6066 says. */
function serverName({ host, path, tls }: ResolvedConnectOptions): TLSConnectionOptions {
  const isNamed = path === undefined && tls?.host === undefined && tls?.servername === undefined && isIP(host) === 0;
  return isNamed ? { servername: host } : {};
}

/** What Node makes of a peer that ends during the handshake; a reset has a `syscall`. */
function isCloseInHandshake({ code, syscall }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' && syscall === undefined;
}

function closedEarly(cause?: Error): TCPError {
  return new TCPError('ERR_TCP_CLOSED', 'the peer closed before the connection could be used', { cause });
}

/** What may end an attempt, of which only the first counts. */
class Attempt {
  readonly #socket: Socket;
  readonly #marks: readonly [readable: number, writable: number];
  readonly #onSettled: (error: Error | undefined) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #stopListening: () => void;

  constructor(socket: Socket, options: ResolvedConnectOptions, onSettled: (error: Error | undefined) => void) {
    this.#socket = socket;
    this.#marks = [options.readableHighWaterMark, options.writableHighWaterMark];
    this.#onSettled = onSettled;
    // Stays: who connected hears of errors by a listener of its own, and of the end by 'close'.
    socket.on('error', () => {});
    socket.once('error', this.#onError);
    socket.once('close', this.#onClose);
    const { connectTimeout, signal } = options;
    this.#stopListening = onAbort(signal, () => this.settle(signal?.reason as Error));
    if (connectTimeout === Infinity) return;
    const error = new TCPError('ERR_TCP_CONNECT_TIMEOUT', `no connection within ${connectTimeout} ms (connectTimeout)`);
    this.#timer = setTimeout(this.settle, connectTimeout, error);
  }

  readonly settle = (error: Error | undefined): void => {
    clearTimeout(this.#timer);
    this.#stopListening();
    this.#socket.off('error', this.#onError);
    this.#socket.off('close', this.#onClose);
    if (error === undefined) setMarks(this.#socket, ...this.#marks);
    else this.#socket.destroy();
    this.#onSettled(error);
  };

  readonly #onError = (error: Error): void => this.settle(isCloseInHandshake(error) ? closedEarly(error) : error);

  readonly #onClose = (): void => this.settle(closedEarly());
}
