import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TCPConnectionPool } from '../src/index.js';
import { collect, join, realPair, settled, until } from './peers.js';

describe('bytes are counted without a data listener', () => {
  it('and a listener that comes 100 ms later still gets the first byte', async () => {
    const pool = new TCPConnectionPool({ idleTimeout: 1000 });
    const { socket, peer } = await realPair();
    const id = pool.addConnection(socket);
    peer.write('first');
    await until(() => pool.get(id)?.bytesReceived === 5);
    // The 100 ms are what is asked for: sweeps and statistics run meanwhile, and must leave the flow alone.
    await delay(100);
    expect(socket.listenerCount('data')).toBe(0);
    expect(socket.readableFlowing).toBe(null);
    expect(pool.getConnectionStats().connections).toEqual([expect.objectContaining({ id, bytesReceived: 5, bytesSent: 0 })]);
    pool.broadcast('é');
    const collected = collect(socket);
    peer.write(' second');
    await until(() => collected.text === 'first second');
    expect(pool.getConnectionStats().connections).toEqual([expect.objectContaining({ bytesReceived: 12, bytesSent: 2 })]);
    peer.destroy();
    await until(() => pool.size === 0);
  });

  it('also after the end', async () => {
    const pool = new TCPConnectionPool();
    const { socket, peer } = await realPair();
    pool.addConnection(socket);
    const last = new Promise<[number, number]>((resolve) => {
      pool.on('remove', ({ bytesReceived, bytesSent }) => resolve([bytesReceived, bytesSent]));
    });
    socket.end('bye');
    socket.resume();
    peer.resume();
    peer.end('hello');
    expect(await last).toEqual([5, 3]);
  });
});

describe('ages', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are milliseconds since the connection came and since the peer last sent, a second short at most', async () => {
    const pool = new TCPConnectionPool();
    const { id, peer } = join(pool);
    vi.advanceTimersByTime(5500);
    expect(pool.getConnectionStats()).toEqual({
      total: 1,
      connections: [{ id, uptime: 5500, lastActivity: 5500, bytesReceived: 0, bytesSent: 0 }],
    });
    peer.write('x');
    await settled();
    vi.advanceTimersByTime(2000);
    const [stats] = pool.getConnectionStats().connections;
    expect(stats).toMatchObject({ uptime: 7500, bytesReceived: 1 });
    // The sweep of 6000 saw it.
    expect(stats?.lastActivity).toBe(1500);
    expect(pool.get(id)?.lastActivity).toBe(1500);
    pool.removeConnection(id);
  });

  it('are not changed by what we send', () => {
    const pool = new TCPConnectionPool();
    const { id } = join(pool);
    vi.advanceTimersByTime(3000);
    pool.broadcast('ours');
    expect(pool.get(id)).toMatchObject({ lastActivity: 3000, bytesSent: 4 });
    pool.removeConnection(id);
  });
});
