// Whether what a user handed over is a socket: by two calls that are needed at once. Pure.
import type { TCPSocket } from '@verb-tcp/socket';

export function isSocket(value: unknown): value is TCPSocket {
  const socket = value as Partial<TCPSocket> | null | undefined;
  return typeof socket?.write === 'function' && typeof socket.setNoDelay === 'function';
}
