// Rooms, a pool and a throttle over servers of `core`; messages of the members through `framing-json`.
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { createServer, type TCPServer } from '@verb-tcp/core';
import { MessageHandler } from '@verb-tcp/framing-json';
import { ConnectionThrottler, TCPConnectionPool } from '@verb-tcp/pool';
import { TCPRoomManager } from '@verb-tcp/rooms';
import { ChatPeer } from './chat-peer.js';
import { RawPeer } from './raw-peer.js';

const servers: TCPServer[] = [];

function server(): TCPServer {
  const app = createServer();
  servers.push(app);
  return app;
}

afterEach(async () => {
  for (const app of servers.splice(0)) await app.shutdown({ gracePeriod: 0 });
});

describe('rooms over a server of core', () => {
  /** Clients join the room that they name, and what else they send goes to it. */
  async function listen(rooms: TCPRoomManager): Promise<number> {
    const app = server().withOptions({
      tcp: {
        onConnection: (socket, { id }) => {
          const clientId = `c${id}`;
          rooms.addClient(clientId, socket);
          new MessageHandler<{ join?: string; say?: number }>(socket).on('message', ({ join, say }) => {
            if (join !== undefined) rooms.joinRoom(clientId, join);
            else rooms.broadcastToRooms(rooms.getClientRooms(clientId), { say }, clientId);
          });
        },
      },
    });
    return (await app.listen(0, '127.0.0.1')).port;
  }

  async function member(port: number, rooms: TCPRoomManager, room: string): Promise<ChatPeer> {
    const before = rooms.size(room);
    const peer = await ChatPeer.connect(port);
    peer.send({ join: room });
    while (rooms.size(room) === before) await new Promise((resolve) => setImmediate(resolve));
    return peer;
  }

  test('every member reads every message in order, with handlers on both sides', async () => {
    const rooms = new TCPRoomManager();
    const port = await listen(rooms);
    await using ana = await member(port, rooms, 'den');
    await using bob = await member(port, rooms, 'den');
    await using cem = await member(port, rooms, 'attic');
    expect(await ana.next()).toEqual({ type: 'user_joined', connectionId: 'c2', room: 'den', timestamp: expect.any(Number) });
    for (let say = 0; say < 5000; say++) ana.send({ say });
    for (let say = 0; say < 5000; say++) expect(await bob.next()).toEqual({ say });
    cem.send({ join: 'den' });
    expect(await bob.next()).toMatchObject({ type: 'user_joined', connectionId: 'c3' });
    // Nothing of the room's past.
    bob.send({ say: 1 });
    expect(await cem.next()).toEqual({ say: 1 });
    rooms.close();
  });

  test('a member whose messages are none leaves by itself, and the others are told', async () => {
    const rooms = new TCPRoomManager();
    const port = await listen(rooms);
    await using ana = await member(port, rooms, 'den');
    using raw = await RawPeer.connect(port);
    raw.write('14\n{"join":"den"}\nnonsense\n');
    expect(await ana.next()).toMatchObject({ type: 'user_joined', connectionId: 'c2' });
    expect(await ana.next()).toMatchObject({ type: 'user_left', connectionId: 'c2' });
    await raw.ended;
    expect(rooms.stats()).toMatchObject({ clients: 1, rooms: 1, memberships: 1 });
    rooms.close();
  });

  test('what was broadcast before a drain reaches the members', async () => {
    const rooms = new TCPRoomManager();
    const port = await listen(rooms);
    await using ana = await member(port, rooms, 'den');
    for (let say = 0; say < 1000; say++) rooms.broadcastToRoom('den', { say });
    const drained = servers[0]?.shutdown({ gracePeriod: 10_000 });
    for (let say = 0; say < 1000; say++) expect(await ana.next()).toEqual({ say });
    await expect(drained).resolves.toMatchObject({ drained: 1, forced: 0, unflushedBytes: 0 });
    expect(rooms.stats()).toMatchObject({ clients: 0, rooms: 0, memberships: 0 });
  });
});

describe('a pool and a throttle at the door of core', () => {
  test('are three lines: they let in, count and give back', async () => {
    const pool = new TCPConnectionPool();
    const throttle = new ConnectionThrottler(Infinity, 60_000, { maxConcurrentPerIP: 2 });
    const refused: string[] = [];
    const app = server().withOptions({
      tcp: {
        accept: ({ remoteAddress }) => throttle.check(remoteAddress),
        onConnection: (socket) => pool.addConnection(socket),
        onDisconnect: ({ remoteAddress }) => throttle.releaseConnection(remoteAddress),
        onRefuse: (reason) => refused.push(reason),
      },
    });
    const { port } = await app.listen(0, '127.0.0.1');

    for (let round = 0; round < 20; round++) {
      using first = await RawPeer.connect(port);
      using second = await RawPeer.connect(port);
      while (pool.size < 2) await once(pool, 'add');
      using third = await RawPeer.connect(port);
      await third.ended;
      expect([...pool].map(({ id }) => id).toSorted()).toEqual([first.id, second.id].toSorted());
      first.socket.destroy();
      second.socket.destroy();
      while (pool.size > 0) await once(pool, 'remove');
      // Core tells of the end behind the socket's own `'close'`.
      while (app.connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refused).toEqual(Array(20).fill('ERR_POOL_ADDRESS_FULL'));
    expect(app.stats()).toMatchObject({ open: 0, refused: 20 });
  });

  test('a pool leaves every byte to who reads later', async () => {
    const pool = new TCPConnectionPool();
    const app = server().withOptions({ tcp: { onConnection: (socket) => pool.addConnection(socket) } });
    const { port } = await app.listen(0, '127.0.0.1');
    await using peer = await ChatPeer.connect(port);
    peer.send({ first: true });
    while (pool.size === 0) await once(pool, 'add');
    const [connection] = pool;
    const socket = connection!.socket;
    const handler = new MessageHandler(socket);
    const [message] = await once(handler, 'message');
    expect(message).toEqual({ first: true });
    expect(connection?.bytesReceived).toBe('14\n{"first":true}'.length);
  });
});
