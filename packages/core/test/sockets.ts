// Plain clients for these tests: raw `net` sockets, since the server must hold against those.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerOptions, TCPOptions, TCPServer } from '../src/index.js';
import { createServer } from '../src/index.js';

const host = '127.0.0.1';

/** A server on a free port of 127.0.0.1. */
export async function serve(tcp: TCPOptions, rest: ServerOptions = {}): Promise<{ server: TCPServer; port: number }> {
  const server = createServer().withOptions({ host, ...rest, tcp });
  const { port } = await server.listen(0);
  return { server, port };
}

/** A connected client whose errors are expected. */
export async function dial(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Socket> {
  const socket = connect({ port, host, ...options });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything the peer sends, until it ends or the connection is lost. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await closed(socket);
  return Buffer.concat(chunks);
}

/** Settles when the socket has closed, also where it already has. */
export async function closed(socket: Socket): Promise<void> {
  // Not `once`, which rejects at an 'error'.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

/** A promise and what settles it. */
export function deferred<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Settles once `condition` holds, looked at each turn of the event loop, later each millisecond; fails after five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  for (let turn = 0; !condition(); turn++) {
    if (performance.now() > deadline) throw new Error(`never came true: ${condition.toString()}`);
    await (turn < 100 ? new Promise(setImmediate) : delay(1));
  }
}
