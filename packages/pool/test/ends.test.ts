// Ten ways to end, each over a real connection and over a pair: one add, one remove, nothing left on the socket.
import type { Socket } from 'node:net';
import { socketPair, type PairSocket } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPConnectionPool } from '../src/index.js';
import { realPair, record, settled, until } from './peers.js';

type End = PairSocket | Socket;
interface Ending {
  pool: TCPConnectionPool;
  id: string;
  socket: End;
  peer: End;
}

const ways: [string, string | undefined, (ending: Ending) => unknown][] = [
  ['the peer ends', undefined, ({ peer }) => peer.end()],
  ['the peer destroys', undefined, ({ peer }) => peer.destroy()],
  ['the peer resets', 'ECONNRESET', ({ peer }) => peer.resetAndDestroy()],
  ['we end', undefined, ({ socket, peer }) => { socket.end(); peer.resume(); }],
  ['we destroy', undefined, ({ socket }) => socket.destroy()],
  ['we destroy with an error', 'ENOUGH', ({ socket }) => socket.destroy(Object.assign(new Error('enough'), { code: 'ENOUGH' }))],
  ['it is removed, twice', undefined, ({ pool, id }) => { pool.removeConnection(id); pool.removeConnection(id); }],
  ['it is cleaned up', 'ERR_POOL_IDLE', async ({ pool }) => { await settled(); while (pool.cleanup(0) === 0) await settled(1); }],
  ['it is too slow', 'ERR_POOL_SLOW_CONSUMER', async ({ pool, peer }) => {
    peer.pause();
    while (pool.size > 0) { pool.broadcast(Buffer.alloc(1024 * 1024)); await settled(3); }
  }],
  ['the pool drains at once', undefined, async ({ pool }) => expect(await pool.drain(0)).toEqual({ drained: 0, forced: 1 })],
  ['the pool drains', undefined, async ({ pool, peer }) => { peer.resume(); expect(await pool.drain()).toEqual({ drained: 1, forced: 0 }); }],
  ['all of these at once', undefined, ({ pool, id, socket, peer }) => {
    peer.end(); socket.end(); socket.destroy(); pool.removeConnection(id); pool.cleanup(0); void pool.drain(0); peer.resetAndDestroy();
  }],
];

describe.each([
  ['a real connection', realPair],
  ['a pair', async () => { const [peer, socket] = socketPair(); peer.on('error', () => {}); return { peer, socket }; }],
] as [string, () => Promise<{ socket: End; peer: End }>][])('%s', (_, make) => {
  it.each(ways)('has one add and one remove where %s', async (_way, code, end) => {
    const pool = new TCPConnectionPool({ maxBufferedBytes: 64 * 1024 });
    const recorded = record(pool);
    const { socket, peer } = await make();
    // The application reads: a peer's end is behind its bytes.
    socket.resume();
    const before = ['data', 'error', 'close', 'end', 'drain'].map((event) => socket.listenerCount(event as 'data'));
    const id = pool.addConnection(socket);
    const isClosed = new Promise((resolve) => socket.once('close', resolve));
    await end({ pool, id, socket, peer });
    await isClosed;
    await settled();
    expect(recorded.events.filter((event) => /^(add|remove)/.test(event))).toEqual([`add ${id}`, `remove ${id}`]);
    expect((recorded.removed[0]?.error as { code?: string } | undefined)?.code).toBe(code);
    expect(pool.size).toBe(0);
    expect(['data', 'error', 'close', 'end', 'drain'].map((event) => socket.listenerCount(event as 'data'))).toEqual(before);
    peer.destroy();
  });
});

describe('a socket that was destroyed before it was added', () => {
  it.each([['closed already', 10], ['not closed yet', 0]])('has one add and one remove: %s', async (_, turns) => {
    const pool = new TCPConnectionPool();
    const recorded = record(pool);
    const { socket, peer } = await realPair();
    socket.destroy(new Error('gone'));
    socket.on('error', () => {});
    await settled(turns);
    const id = pool.addConnection(socket);
    await until(() => pool.size === 0);
    await settled();
    expect(recorded.events).toEqual([`add ${id}`, `remove ${id}`]);
    peer.destroy();
  });
});

it('an error without any other listener ends its own connection, not the process', async () => {
  const pool = new TCPConnectionPool();
  const { socket } = await realPair();
  const id = pool.addConnection(socket);
  pool.removeConnection(id);
  socket.emit('error', new Error('late'));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(pool.size).toBe(0);
});
