// A room on a bare `net` server, and whoever connects is in it: what is watched is rooms, not what accepts. It sends
// numbered messages with their time, and tells what the room made of its members.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TCPRoomManager, type RoomStats } from '@verb-tcp/rooms';
import { HOST } from '../dial.js';
import { heldBytes } from '../held-bytes.js';
import { now } from '../shared-clock.js';
import { until } from '../until.js';

const ROOM = 'room';
const FILL_BYTES = 16 * 1024;

export interface RoomServerSettings {
  slowConsumer?: 'disconnect' | 'drop';
  maxBufferedBytes?: number;
}

/** A message as members see it. */
export interface Numbered {
  number: number;
  /** Microseconds of the clock that all processes of the machine share. */
  at: number;
  text: string;
}

/** What the room says of its slow members. */
export interface Slowness {
  /** Codes of those cut off: the error of their sockets. */
  cut: string[];
  /** Members found slow, by id. */
  slow: string[];
  dropped: number;
  /** The most bytes that waited in one member's socket, at any look. */
  mostBuffered: number;
}

export interface RoomServer {
  listen(): Promise<number>;
  /** Settles when so many are in the room. */
  filled(count: number): Promise<void>;
  /** Fills what the system holds for the member that came last, which does not read, until bytes wait here. */
  fillLast(): Promise<void>;
  /** So many messages of `bytes` bytes of text, `pause` milliseconds apart; without a pause all in one turn. */
  broadcast(count: number, bytes: number, pause: number): Promise<void>;
  /** What was seen since it was last asked. */
  slowness(): Slowness;
  stats(): RoomStats;
  /** Bytes that the process holds, after a collection. */
  held(): Promise<number>;
}

export function roomServer({ slowConsumer, maxBufferedBytes }: RoomServerSettings): RoomServer {
  const rooms = new TCPRoomManager({ slowConsumer, maxBufferedBytes, notify: false });
  const sockets = new Set<Socket>();
  let seen = nothing();
  let count = 0;
  let number = 0;
  let last: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    const id = `member-${++count}`;
    last = socket;
    sockets.add(socket);
    socket.on('error', (error: NodeJS.ErrnoException) => seen.cut.push(error.code ?? error.message));
    socket.once('close', () => sockets.delete(socket));
    socket.resume();
    rooms.addClient(id, socket);
    rooms.joinRoom(id, ROOM);
  });
  rooms.on('slow', ({ connectionId, bufferedBytes }) => {
    seen.slow.push(connectionId);
    seen.mostBuffered = Math.max(seen.mostBuffered, bufferedBytes);
  });
  rooms.on('drop', () => seen.dropped++);
  rooms.on('error', (error) => seen.cut.push(error.code));

  const look = (): void => {
    for (const { writableLength } of sockets) seen.mostBuffered = Math.max(seen.mostBuffered, writableLength);
  };
  return {
    async listen() {
      server.listen(0, HOST);
      await once(server, 'listening');
      return (server.address() as { port: number }).port;
    },
    filled: (wanted) => until(() => rooms.size(ROOM) === wanted, () => `${wanted} are in, ${rooms.size(ROOM)} are`),
    async fillLast() {
      if (last !== undefined) await fill(last);
    },
    async broadcast(messages, bytes, pause) {
      const text = 'x'.repeat(bytes);
      for (let sent = 0; sent < messages; sent++) {
        rooms.broadcastToRoom(ROOM, { number: number++, at: now(), text } satisfies Numbered);
        if (pause === 0) continue;
        look();
        await sleep(pause);
      }
      look();
    },
    slowness() {
      const found = seen;
      seen = nothing();
      return found;
    },
    stats: () => rooms.stats(),
    held: heldBytes,
  };
}

/** Until what the peer's system and ours hold is full: twice, for it grows while it is being filled. */
async function fill(socket: Socket): Promise<void> {
  const chunk = Buffer.alloc(FILL_BYTES);
  for (let looks = 0; looks < 2; ) {
    if (socket.writableLength === 0) {
      looks = 0;
      socket.write(chunk);
    } else {
      looks++;
    }
    await sleep(looks === 0 ? 0 : 20);
  }
}

function nothing(): Slowness {
  return { cut: [], slow: [], dropped: 0, mostBuffered: 0 };
}
