// The ways of sending one message to many that are compared. Each is a server whose members are all in one room; what its
// clients do, and what is sent, is the same for all.
import { once } from 'node:events';
import { createServer as createHTTPServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { encodeMessage } from '@verb-tcp/socket/message';
import { TCPRoomManager } from '@verb-tcp/rooms';
import { Server as SocketIOServer } from 'socket.io';
import { WebSocket, WebSocketServer } from 'ws';
import type { Message } from './payload.js';

export interface Room {
  port: number;
  /** Sends to all members. */
  broadcast(message: Message): void;
  /** Everything that was sent has left, also from queues above the sockets. */
  isIdle(): boolean;
  /** Every connection, as the kernel sees it. */
  sockets: ReadonlySet<Socket>;
}

export interface Broadcaster {
  settings: string;
  /** The npm name, where it is not of this repository. */
  package?: string;
  /** What a client says before it is a member. */
  greeting: Greeting;
  /** Listens; `onMember` is called for each member that is in. */
  open(onMember: () => void): Promise<Room>;
}

export type Greeting = 'none' | 'websocket' | 'socket.io';

const HOST = '127.0.0.1';
const ROOM = 'room';
const socketOptions = { noDelay: true, highWaterMark: 64 * 1024 };

async function listening(server: Server): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  server.prependListener('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, sockets };
}

function areEmpty(sockets: Iterable<Socket>): boolean {
  for (const socket of sockets) if (socket.writableLength > 0) return false;
  return true;
}

const bareLoop: Broadcaster = {
  settings: 'net: one buffer by encodeMessage, for (const socket of sockets) socket.write(buffer)',
  greeting: 'none',
  async open(onMember) {
    const server = createServer(socketOptions, onMember);
    const { port, sockets } = await listening(server);
    const broadcast = (message: Message): void => {
      const bytes = encodeMessage(message);
      for (const socket of sockets) socket.write(bytes);
    };
    return { port, sockets, broadcast, isIdle: () => areEmpty(sockets) };
  },
};

const ours: Broadcaster = {
  settings: 'broadcastToRoom(room, message), defaults',
  greeting: 'none',
  async open(onMember) {
    const rooms = new TCPRoomManager({ notify: false });
    rooms.on('slow', ({ connectionId }) => {
      throw new Error(`${connectionId} was found slow`);
    });
    rooms.on('error', (error) => {
      throw error;
    });
    let count = 0;
    const server = createServer(socketOptions, (socket) => {
      const id = `client-${count++}`;
      rooms.addClient(id, socket);
      rooms.joinRoom(id, ROOM);
      onMember();
    });
    const { port, sockets } = await listening(server);
    return { port, sockets, broadcast: (message) => rooms.broadcastToRoom(ROOM, message), isIdle: () => areEmpty(sockets) };
  },
};

const ws: Broadcaster = {
  settings: 'JSON.stringify once, wss.clients.forEach((client) => client.send(data)), no compression',
  package: 'ws',
  greeting: 'websocket',
  async open(onMember) {
    const server = createHTTPServer(socketOptions);
    const clients = new WebSocketServer({ server });
    clients.on('connection', onMember);
    const { port, sockets } = await listening(server);
    const broadcast = (message: Message): void => {
      const data = JSON.stringify(message);
      clients.clients.forEach((client) => {
        if (client.readyState === WebSocket.OPEN) client.send(data);
      });
    };
    return { port, sockets, broadcast, isIdle: () => areEmpty(sockets) };
  },
};

const socketIO: Broadcaster = {
  settings: "io.to(room).emit('message', message), transports: ['websocket'], in-memory adapter",
  package: 'socket.io',
  greeting: 'socket.io',
  async open(onMember) {
    const server = createHTTPServer(socketOptions);
    const io = new SocketIOServer(server, { transports: ['websocket'], serveClient: false });
    const queues = new Set<{ writeBuffer: unknown[] }>();
    io.on('connection', (socket) => {
      void socket.join(ROOM);
      queues.add(socket.conn as unknown as { writeBuffer: unknown[] });
      onMember();
    });
    const { port, sockets } = await listening(server);
    const isIdle = (): boolean => {
      for (const { writeBuffer } of queues) if (writeBuffer.length > 0) return false;
      return areEmpty(sockets);
    };
    return { port, sockets, broadcast: (message) => void io.to(ROOM).emit('message', message), isIdle };
  },
};

export const broadcasters = {
  'bare loop': bareLoop,
  'rooms': ours,
  'ws': ws,
  'socket.io': socketIO,
} as const satisfies Record<string, Broadcaster>;

export type BroadcasterName = keyof typeof broadcasters;
export const broadcasterNames = Object.keys(broadcasters) as BroadcasterName[];
