// The members of a room: raw sockets that say what their server wants to hear first, and then count bytes until it ends.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Greeting } from '../broadcasters.js';
import { comeAndStay } from '../crowd.js';

const PATHS = { 'websocket': '/', 'socket.io': '/socket.io/?EIO=4&transport=websocket' } as const;
/** A masked text frame of `40`: socket.io's request for the main namespace. The mask is zero. */
const SOCKET_IO_CONNECT = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);

export async function roomMembers(
  settings: { port: number; members: number; greeting: Greeting },
  ready: (value: undefined) => void,
): Promise<{ bytesRead: number }> {
  const sockets: Socket[] = [];
  const closed: Promise<unknown>[] = [];
  for (let n = 0; n < settings.members; n++) {
    const socket = await comeAndStay(settings.port);
    closed.push(once(socket, 'close'));
    greet(socket, settings.greeting);
    sockets.push(socket);
  }
  ready(undefined);
  await Promise.all(closed);
  return { bytesRead: sockets.reduce((sum, socket) => sum + socket.bytesRead, 0) };
}

function greet(socket: Socket, greeting: Greeting): void {
  if (greeting === 'none') return;
  const key = randomBytes(16).toString('base64');
  const lines = [
    `GET ${PATHS[greeting]} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (greeting === 'socket.io') socket.once('data', () => socket.write(SOCKET_IO_CONNECT));
}
