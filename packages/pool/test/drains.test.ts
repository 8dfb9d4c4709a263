import { afterEach, describe, expect, it, vi } from 'vitest';
import { TCPConnectionPool, type PoolError } from '../src/index.js';
import { collect, join, realPair, record, settled, until } from './peers.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('drain', () => {
  it('delivers what was written, waits for the peers, and reads where nobody does', async () => {
    const pool = new TCPConnectionPool();
    const { socket, peer } = await realPair();
    pool.addConnection(socket);
    const received = collect(peer);
    peer.write('nobody reads this');
    pool.broadcast('x'.repeat(1_000_000));
    expect(await pool.drain()).toEqual({ drained: 1, forced: 0 });
    await until(() => received.text.length === 1_000_000);
    expect(pool.size).toBe(0);
  });

  it('destroys at the deadline who is left, and not before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const pool = new TCPConnectionPool();
    const { events } = record(pool);
    const [stays, goes] = [join(pool, { allowHalfOpen: true }), join(pool)];
    let report: unknown;
    void pool.drain(1000).then((value) => (report = value));
    goes.peer.resume();
    await settled();
    expect(events.slice(2)).toEqual([`remove ${goes.id}`]);
    vi.advanceTimersByTime(999);
    expect(pool.size).toBe(1);
    vi.advanceTimersByTime(1);
    await settled();
    expect(report).toEqual({ drained: 1, forced: 1 });
    expect(stays.socket.destroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes nobody any more', async () => {
    const pool = new TCPConnectionPool();
    await pool.drain();
    const { events } = record(pool);
    expect(pool.check('1.2.3.4')).toEqual({ ok: false, code: 'ERR_POOL_CLOSED' });
    expect(() => join(pool)).toThrow(expect.objectContaining({ code: 'ERR_POOL_CLOSED' }) as PoolError);
    expect(events).toEqual(['full ERR_POOL_CLOSED']);
  });

  it('asked twice is one drain, by the sooner deadline', async () => {
    const pool = new TCPConnectionPool();
    join(pool);
    const first = pool.drain(Infinity);
    const second = pool.drain(50_000);
    expect(second).toBe(first);
    expect(pool.drain(0)).toBe(first);
    expect(await first).toEqual({ drained: 0, forced: 1 });
  });

  it.each([-1, NaN, '5'])('refuses %s', (ms) => {
    const pool = new TCPConnectionPool();
    expect(() => pool.drain(ms as number)).toThrow(new RangeError(`ms must be a number from 0, or Infinity, got ${ms}`));
    expect(pool.check().ok).toBe(true);
  });
});
