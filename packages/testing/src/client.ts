// A real TCP client for tests: made first, connected later, then a socket like any other. What arrives before somebody
// listens waits in its buffer.
import { Socket, type SocketConstructorOpts } from 'node:net';
import { TestingError } from './errors.js';
import { resolveTCPClientOptions, type TCPClientOptions } from './options.js';

/** A `net.Socket` whose `connect` gives a promise, and which an `await using` destroys. */
export interface TCPClient extends Omit<Socket, 'connect' | typeof Symbol.asyncDispose> {
  /**
   * Connects, once. Rejects with the system's error unchanged (`ECONNREFUSED`…); after that the client is destroyed.
   *
   * @throws {TestingError} `ERR_TESTING_ALREADY_CONNECTED`, `ERR_TESTING_CLIENT_CLOSED`
   */
  connect(port: number, host?: string): Promise<void>;
  /** Destroys the client and settles when it is closed. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A client that is not connected yet.
 *
 * @example
 * await using client = createTCPClient();
 * await client.connect(server.address().port, 'localhost');
 */
export function createTCPClient(options?: TCPClientOptions): TCPClient {
  const { allowHalfOpen, highWaterMarkBytes } = resolveTCPClientOptions(options);
  // `net.Socket` hands its options on to Duplex, which its types do not say.
  const constructorOptions = { allowHalfOpen, highWaterMark: highWaterMarkBytes } as SocketConstructorOpts;
  const socket = new DialSocket(constructorOptions);
  let hasBegun = false;
  const connect = (port: number, host = '127.0.0.1'): Promise<void> => {
    if (hasBegun) {
      const message = 'connect was called before: a client connects once';
      return Promise.reject(new TestingError('ERR_TESTING_ALREADY_CONNECTED', message));
    }
    hasBegun = true;
    return connectOnce(socket, port, host);
  };
  return Object.assign(socket, {
    connect,
    [Symbol.asyncDispose]: () => destroyAndWait(socket),
  });
}

/** Keeps Node's `connect` within reach where the client's own hides it. */
class DialSocket extends Socket {
  dial(port: number, host: string): void {
    super.connect(port, host);
  }
}

function connectOnce(socket: DialSocket, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => fail(new TestingError('ERR_TESTING_CLIENT_CLOSED', 'destroyed before it was connected'));
    const settle = (): void => {
      socket.off('connect', onConnect).off('error', fail).off('close', onClose);
    };
    const onConnect = (): void => {
      settle();
      resolve();
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    if (socket.destroyed) {
      onClose();
      return;
    }
    socket.once('connect', onConnect).once('error', fail).once('close', onClose);
    socket.dial(port, host);
  });
}

/** Settles at `'close'`, at once where that is past. */
export function destroyAndWait(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) {
      resolve();
      return;
    }
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
