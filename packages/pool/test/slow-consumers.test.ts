import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TCPConnectionPool, type PooledConnection, type SlowConsumerAction } from '../src/index.js';
import { collect, join, realPair, record, settled, until } from './peers.js';

const LIMIT = 64 * 1024;
const chunk = Buffer.alloc(40 * 1024, 'x');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Broadcasts in as many turns as it takes for `socket` to be over the limit. */
async function over(pool: TCPConnectionPool, socket: { writableLength: number }): Promise<void> {
  while (socket.writableLength <= LIMIT) {
    expect(pool.broadcast(chunk).sent).toBe(1);
    await settled();
  }
}

describe('a connection that does not read', () => {
  it('is cut a second after it was over the limit and has not moved, at a broadcast, not before', async () => {
    const pool = new TCPConnectionPool({ maxBufferedBytes: LIMIT });
    const { events, removed } = record(pool);
    const { id, socket } = join(pool);
    await over(pool, socket);
    expect(pool.broadcast(chunk)).toEqual({ sent: 1, dropped: 0, disconnected: 0 });
    vi.advanceTimersByTime(999);
    await settled();
    expect(pool.broadcast(chunk)).toEqual({ sent: 1, dropped: 0, disconnected: 0 });
    vi.advanceTimersByTime(1);
    expect(pool.broadcast(chunk)).toEqual({ sent: 1, dropped: 0, disconnected: 0 });
    await settled();
    expect(pool.broadcast(chunk)).toEqual({ sent: 0, dropped: 0, disconnected: 1 });
    expect(events).toEqual([`add ${id}`, `slow ${id}`, `remove ${id}`]);
    expect(removed[0]?.error).toMatchObject({ code: 'ERR_POOL_SLOW_CONSUMER', limit: LIMIT });
    expect(socket.destroyed).toBe(true);
  });

  it('is cut at the second turn with 16 times the limit queued', async () => {
    const pool = new TCPConnectionPool({ maxBufferedBytes: LIMIT });
    const { socket } = join(pool);
    while (socket.writableLength <= 16 * LIMIT + 64 * 1024) expect(pool.broadcast(chunk).sent).toBe(1);
    await settled();
    expect(pool.broadcast(chunk).sent).toBe(1);
    expect(pool.broadcast(chunk).sent).toBe(1);
    await settled();
    expect(pool.broadcast(chunk).disconnected).toBe(1);
  });

  it('is left out with drop until it has caught up, and is told of once', async () => {
    const pool = new TCPConnectionPool({ maxBufferedBytes: LIMIT, slowConsumer: 'drop' });
    const { events } = record(pool);
    const { id, socket, peer } = join(pool);
    let sent = 0;
    let report;
    do {
      report = pool.broadcast(chunk);
      sent += report.sent;
      vi.advanceTimersByTime(1000);
      await settled();
    } while (report.sent === 1);
    const queued = socket.writableLength;
    for (let turn = 0; turn < 20; turn++) {
      expect(pool.broadcast(chunk)).toEqual({ sent: 0, dropped: 1, disconnected: 0 });
      await settled(3);
    }
    expect(socket.writableLength).toBe(queued);
    const received = collect(peer);
    await until(() => socket.writableLength === 0);
    await settled();
    expect(pool.broadcast('back').sent).toBe(1);
    await until(() => received.text.endsWith('back'));
    expect(received.text.length).toBe(sent * chunk.length + 4);
    expect(events).toEqual([`add ${id}`, `slow ${id}`]);
    pool.removeConnection(id);
  });

  it('is what the function says each time', async () => {
    const asked: PooledConnection[] = [];
    const slowConsumer = (connection: PooledConnection): SlowConsumerAction => {
      asked.push(connection);
      return asked.length < 3 ? 'drop' : 'disconnect';
    };
    const pool = new TCPConnectionPool({ maxBufferedBytes: LIMIT, slowConsumer });
    const { id, socket } = join(pool);
    while (pool.size > 0) {
      pool.broadcast(chunk);
      vi.advanceTimersByTime(1000);
      await settled();
    }
    expect(asked.map((connection) => connection.id)).toEqual([id, id, id]);
    expect(asked[0]?.socket).toBe(socket);
  });

  it.each([
    ['throws', () => { throw new Error('mine'); }, new Error('mine')],
    ['gives nonsense', () => 'wait' as 'drop', new TypeError("slowConsumer must give 'disconnect' or 'drop', got wait")],
  ])('costs the others nothing where the function %s', async (_, slowConsumer, error) => {
    const pool = new TCPConnectionPool({ maxBufferedBytes: LIMIT, slowConsumer });
    const [stalled, healthy] = [join(pool), join(pool)];
    const received = collect(healthy.peer);
    let sent = 0;
    await expect((async () => {
      for (;;) {
        sent++;
        pool.broadcast(chunk);
        vi.advanceTimersByTime(1000);
        await settled();
      }
    })()).rejects.toEqual(error);
    await until(() => received.text.length === sent * chunk.length);
    expect(pool.has(stalled.id)).toBe(true);
    for (const { id } of pool) pool.removeConnection(id);
  });
});

describe('a connection that reads', () => {
  it('is not cut by a burst of 10 000 messages in one turn, nor by the messages behind it', async () => {
    vi.useRealTimers();
    const pool = new TCPConnectionPool();
    const { events } = record(pool);
    const pairs = await Promise.all(Array.from({ length: 5 }, () => realPair()));
    const received = pairs.map(({ socket, peer }) => {
      pool.addConnection(socket.resume());
      let bytes = 0;
      peer.on('data', (data: Buffer) => (bytes += data.length));
      return () => bytes;
    });
    const message = Buffer.alloc(1000);
    for (let n = 0; n < 10_000; n++) pool.broadcast(message);
    let sent = 10_000;
    while (received.some((bytes) => bytes() < sent * message.length)) {
      if (sent < 10_100) sent += pool.broadcast(message).sent / 5;
      expect(events).toHaveLength(5);
      await settled(1);
    }
    expect(sent).toBeGreaterThan(10_000);
    for (const { peer } of pairs) peer.destroy();
    await until(() => pool.size === 0);
  });

  it('does not move where another one among many is stalled and cut', async () => {
    const pool = new TCPConnectionPool({ maxBufferedBytes: LIMIT });
    const members = Array.from({ length: 100 }, () => join(pool));
    const received = members.slice(1).map(({ peer }) => collect(peer));
    let sent = 0;
    while (pool.has(members[0]?.id ?? '')) {
      pool.broadcast(chunk);
      sent++;
      vi.advanceTimersByTime(1000);
      await settled();
    }
    expect(pool.size).toBe(99);
    await until(() => received.every(({ text }) => text.length === sent * chunk.length));
    for (const { id } of pool) pool.removeConnection(id);
  });
});

describe('a peer that reads more slowly than is broadcast does not make the queue grow for ever', () => {
  it.each([['a second', 1000, LIMIT + 2 * chunk.length], ['a millisecond', 1, 16 * LIMIT + 2 * chunk.length]])(
    'with %s between two broadcasts',
    async (_, milliseconds, bound) => {
      const pool = new TCPConnectionPool({ maxBufferedBytes: LIMIT });
      const { id, socket, peer } = join(pool);
      let most = 0;
      peer.on('data', () => peer.pause());
      for (let turn = 0; turn < 10_000 && pool.has(id); turn++) {
        pool.broadcast(chunk);
        most = Math.max(most, socket.writableLength);
        vi.advanceTimersByTime(milliseconds);
        await settled(3);
        // One chunk is read of three that are written.
        if (turn % 3 === 0) peer.resume();
      }
      expect(pool.has(id)).toBe(false);
      expect(most).toBeLessThanOrEqual(bound);
    },
  );
});
