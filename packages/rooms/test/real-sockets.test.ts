// Over TCP: fan-out, a member whose peer stops reading, and one that resets.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { TCPRoomManager, type TCPRoomManagerOptions } from '../src/index.js';
import { decodeAll, messageOf } from './members.js';

interface House extends AsyncDisposable {
  rooms: TCPRoomManager;
  server: Server;
  /** A client in the lobby, connected and known. */
  enter(): Promise<{ socket: Socket; chunks: Buffer[]; served: Socket }>;
}

async function open(options: TCPRoomManagerOptions): Promise<House> {
  const rooms = new TCPRoomManager({ notify: false, ...options });
  const sockets: Socket[] = [];
  let count = 0;
  const server = createServer((socket) => {
    const id = `c${count++}`;
    sockets.push(socket);
    rooms.addClient(id, socket);
    rooms.joinRoom(id, 'lobby');
    socket.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    rooms,
    server,
    async enter() {
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => {});
      sockets.push(socket);
      const chunks: Buffer[] = [];
      const [served] = await accepted;
      return { socket, chunks, served };
    },
    async [Symbol.asyncDispose]() {
      rooms.close();
      for (const socket of sockets) socket.on('error', () => {}).destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Settles when so many bytes have come. */
function received(client: { socket: Socket; chunks: Buffer[] }, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let length = 0;
    client.socket.on('data', (chunk: Buffer) => {
      client.chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes) resolve();
    });
  });
}

describe('over TCP', () => {
  it('every member gets every message, in order', async () => {
    await using house = await open({});
    const clients = [];
    for (let n = 0; n < 10; n++) clients.push(await house.enter());
    const sent = Array.from({ length: 1000 }, (_, n) => messageOf(n % 100, n));
    const bytes = sent.reduce((sum, message) => sum + JSON.stringify(message).length + 1 + `${JSON.stringify(message).length}`.length, 0);
    const all = clients.map((client) => received(client, bytes));
    for (const [n, message] of sent.entries()) {
      house.rooms.broadcastToRoom('lobby', message);
      if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    for (const { chunks } of clients) expect(decodeAll(Buffer.concat(chunks))).toEqual(sent);
  });

  it('a peer that does not read is cut off, within bounds, and the others get everything', async () => {
    await using house = await open({ maxBufferedBytes: 256 * 1024 });
    const [sleeper, ann] = [await house.enter(), await house.enter()];
    sleeper.socket.pause();
    const slow = once(house.rooms, 'slow');
    let isOver = false;
    void slow.then(() => (isOver = true));
    let most = 0;
    let count = 0;
    let bytes = 0;
    ann.socket.on('data', (chunk: Buffer) => ann.chunks.push(chunk));
    while (!isOver) {
      const message = messageOf(32 * 1024, count++);
      house.rooms.broadcastToRoom('lobby', message);
      bytes += JSON.stringify(message).length + 6;
      most = Math.max(most, sleeper.served.writableLength);
      // Ann keeps up, however slow this machine is.
      while (ann.served.writableLength > 0) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [{ connectionId, reason, action }] = await slow;
    expect([connectionId, reason, action]).toEqual(['c0', 'limit', 'disconnect']);
    expect(most).toBeLessThanOrEqual(2 * 256 * 1024 + 2 * 33 * 1024);
    if (!sleeper.served.closed) await once(sleeper.served, 'close').catch(() => {});
    expect(house.rooms.size('lobby')).toBe(1);
    while (Buffer.concat(ann.chunks).length < bytes) await once(ann.socket, 'data');
    expect(decodeAll(Buffer.concat(ann.chunks)).map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => n));
  });

  it('a member that resets in the middle is removed, and no error ends the process', async () => {
    await using house = await open({});
    const [eve, ann] = [await house.enter(), await house.enter()];
    ann.socket.on('data', (chunk: Buffer) => ann.chunks.push(chunk));
    const gone = new Promise((resolve) => eve.served.once('close', resolve));
    eve.socket.resetAndDestroy();
    let n = 0;
    let isGone = false;
    void gone.then(() => (isGone = true));
    while (!isGone) {
      house.rooms.broadcastToRoom('lobby', { n: n++ });
      await new Promise((resolve) => setImmediate(resolve));
    }
    house.rooms.broadcastToRoom('lobby', { n: -1 });
    while (!Buffer.concat(ann.chunks).includes('{"n":-1}')) await once(ann.socket, 'data');
    expect(house.rooms.stats()).toMatchObject({ clients: 1, disconnected: 0 });
    expect(decodeAll(Buffer.concat(ann.chunks))).toHaveLength(n + 1);
  });
});
