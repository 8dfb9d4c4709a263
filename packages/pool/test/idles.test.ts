import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TCPConnectionPool } from '../src/index.js';
import { join, record, settled } from './peers.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('cleanup', () => {
  it('ends who was silent for longer, and nobody else', async () => {
    const pool = new TCPConnectionPool();
    const { events, removed } = record(pool);
    const [silent, talker] = [join(pool), join(pool)];
    vi.advanceTimersByTime(299_000);
    talker.peer.write('x');
    await settled();
    vi.advanceTimersByTime(1000);
    expect(pool.cleanup()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(pool.cleanup()).toBe(1);
    expect(events.slice(2)).toEqual([`idle ${silent.id}`, `remove ${silent.id}`]);
    expect(removed[0]?.error).toMatchObject({ code: 'ERR_POOL_IDLE', limit: 300_000 });
    expect(silent.socket.destroyed).toBe(true);
    expect(pool.has(talker.id)).toBe(true);
    pool.removeConnection(talker.id);
  });

  it('takes the time that it is told', () => {
    const pool = new TCPConnectionPool();
    join(pool);
    vi.advanceTimersByTime(50);
    expect([pool.cleanup(50), pool.cleanup(Infinity), pool.cleanup(49)]).toEqual([0, 0, 1]);
    expect(() => pool.cleanup(-1)).toThrow(new RangeError('maxIdleTime must be a number from 0, or Infinity, got -1'));
    expect(() => pool.cleanup(NaN)).toThrow(RangeError);
  });
});

describe('idleTimeout', () => {
  it('ends who was silent, a second late at most and never early', async () => {
    const pool = new TCPConnectionPool({ idleTimeout: 60_000 });
    const { events } = record(pool);
    const { id, peer } = join(pool);
    vi.advanceTimersByTime(59_500);
    peer.write('x');
    await settled();
    vi.advanceTimersByTime(60_500);
    expect(events).toEqual([`add ${id}`]);
    vi.advanceTimersByTime(1000);
    expect(events).toEqual([`add ${id}`, `idle ${id}`, `remove ${id}`]);
  });

  it('comes soon where it is short', () => {
    const pool = new TCPConnectionPool({ idleTimeout: 80 });
    join(pool);
    vi.advanceTimersByTime(80);
    expect(pool.size).toBe(1);
    vi.advanceTimersByTime(10);
    expect(pool.size).toBe(0);
  });

  it.each([0, Infinity, undefined])('%s is off', (idleTimeout) => {
    const pool = new TCPConnectionPool({ idleTimeout });
    const { id } = join(pool);
    vi.advanceTimersByTime(10 ** 7);
    expect(pool.size).toBe(1);
    pool.removeConnection(id);
  });

  it('leaves no timer behind when the pool is empty, and begins again with the next connection', () => {
    const pool = new TCPConnectionPool({ idleTimeout: 1000 });
    expect(vi.getTimerCount()).toBe(0);
    const { id } = join(pool);
    join(pool);
    expect(vi.getTimerCount()).toBe(1);
    for (const connection of pool) pool.removeConnection(connection.id);
    expect(vi.getTimerCount()).toBe(0);
    join(pool);
    expect(pool.has(id)).toBe(false);
    vi.advanceTimersByTime(1200);
    expect(pool.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
