// Clients as plain as they come: raw sockets of Node, plain or TLS, since a server has to hold against those.
import { connect as connectNet, type Socket } from 'node:net';
import { connect as connectTLS } from 'node:tls';

export const HOST = '127.0.0.1';

export interface DialOptions {
  port: number;
  /** The certificate to trust: speak TLS. */
  ca?: string | undefined;
  allowHalfOpen?: boolean;
}

/** A socket that is on its way; whatever goes wrong with it is no uncaught exception. */
export function begin({ port, ca, allowHalfOpen = false }: DialOptions): Socket {
  const target = { port, host: HOST, allowHalfOpen };
  const socket = ca === undefined ? connectNet(target) : connectTLS({ ...target, ca });
  return socket.on('error', () => {});
}

/** A socket that can be used. Rejects where it closes first. */
export async function dial(options: DialOptions): Promise<Socket> {
  const socket = begin(options);
  await new Promise<void>((resolve, reject) => {
    socket.once(options.ca === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('close', () => reject(new Error('closed before it was connected')));
  });
  return socket;
}

/** Settles when the socket has closed, also where it already has. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}
