import { describe, expect, it, vi } from 'vitest';
import { TCPConnectionPool } from '../src/index.js';
import { collect, join, realPair, settled, until } from './peers.js';

describe('broadcast', () => {
  it('reaches all but the excluded one, and tells how many', async () => {
    const pool = new TCPConnectionPool();
    const members = Array.from({ length: 4 }, () => join(pool));
    const received = members.map(({ peer }) => collect(peer));
    expect(pool.broadcast('é', members[1]?.id)).toEqual({ sent: 3, dropped: 0, disconnected: 0 });
    expect(pool.broadcast(Buffer.from('!'))).toEqual({ sent: 4, dropped: 0, disconnected: 0 });
    expect(pool.broadcast('?', 'nobody')).toEqual({ sent: 4, dropped: 0, disconnected: 0 });
    await settled();
    expect(received.map(({ text }) => text)).toEqual(['é!?', '!?', 'é!?', 'é!?']);
    for (const { id } of pool) pool.removeConnection(id);
  });

  it('encodes a string once, and writes the same bytes to everybody', () => {
    const pool = new TCPConnectionPool();
    const writes = Array.from({ length: 3 }, () => vi.spyOn(join(pool).socket, 'write'));
    pool.broadcast('text');
    const bytes = Buffer.from('bytes');
    pool.broadcast(bytes);
    const first = writes.map((write) => write.mock.calls[0]?.[0]);
    expect(first[0]).toEqual(Buffer.from('text'));
    expect(new Set(first).size).toBe(1);
    expect(new Set(writes.map((write) => write.mock.calls[1]?.[0]))).toEqual(new Set([bytes]));
    for (const { id } of pool) pool.removeConnection(id);
  });

  it('skips those that have ended or were destroyed, and nobody else is worse off', async () => {
    const pool = new TCPConnectionPool();
    const [ended, destroyed, healthy] = [join(pool), join(pool), join(pool)];
    const received = collect(healthy.peer);
    ended.socket.end();
    destroyed.socket.destroy();
    expect(pool.broadcast('x')).toEqual({ sent: 1, dropped: 2, disconnected: 0 });
    await settled();
    expect(received.text).toBe('x');
    for (const { id } of pool) pool.removeConnection(id);
  });

  it('to nobody does nothing', () => {
    expect(new TCPConnectionPool().broadcast('x')).toEqual({ sent: 0, dropped: 0, disconnected: 0 });
  });

  it('goes over real sockets', async () => {
    const pool = new TCPConnectionPool();
    const pairs = await Promise.all([realPair(), realPair()]);
    const received = pairs.map(({ socket, peer }) => {
      pool.addConnection(socket.resume());
      return collect(peer);
    });
    expect(pool.broadcast('hello').sent).toBe(2);
    await until(() => received.every(({ text }) => text === 'hello'));
    for (const { peer } of pairs) peer.destroy();
    await until(() => pool.size === 0);
  });

  it('survives a listener that removes others while it goes on', async () => {
    const pool = new TCPConnectionPool({ maxBufferedBytes: 1 });
    const members = Array.from({ length: 3 }, () => join(pool));
    pool.on('slow', () => pool.removeConnection(members[1]?.id ?? ''));
    let removed = 0;
    pool.on('remove', () => removed++);
    while (pool.size > 0) {
      pool.broadcast(Buffer.alloc(100_000));
      await settled();
    }
    expect(pool.broadcast('x')).toEqual({ sent: 0, dropped: 0, disconnected: 0 });
    expect(removed).toBe(3);
  });
});
