import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TCPRoomManager, type RoomsError, type SlowMember, type TCPRoomManagerOptions } from '../src/index.js';
import { addMember, addSleeper, messageOf, settled, until, type TestMember } from './members.js';

const KIB = 1024;
const LIMIT = 256 * KIB;
const MESSAGE = 32 * KIB;
/** Longer than a member over the limit may stand still. */
const PATIENCE = 500;

beforeEach(() => {
  // setImmediate stays: turns of the event loop are real.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Scene {
  rooms: TCPRoomManager;
  sleeper: TestMember;
  healthy: TestMember[];
  told: string[];
  errors: Error[];
  /** One message to all, in a turn of its own. */
  broadcast(bytes?: number): Promise<void>;
}

function scene(options: TCPRoomManagerOptions): Scene {
  const rooms = new TCPRoomManager({ notify: false, maxBufferedBytes: LIMIT, ...options });
  const told: string[] = [];
  const errors: Error[] = [];
  rooms.on('slow', ({ connectionId, reason, action }) => told.push(`slow ${connectionId} ${reason} ${action}`));
  rooms.on('drop', ({ connectionId, droppedMessages }) => told.push(`drop ${connectionId} ${droppedMessages}`));
  rooms.on('error', ({ code }) => told.push(code));
  const healthy = ['a', 'b'].map((id) => addMember(rooms, id, 'lobby'));
  const sleeper = addSleeper(rooms, 'sleeper', 'lobby');
  healthy.push(addMember(rooms, 'c', 'lobby'));
  sleeper.socket.on('error', (error) => errors.push(error));
  let n = 0;
  const broadcast = async (bytes = MESSAGE): Promise<void> => {
    rooms.broadcastToRoom('lobby', messageOf(bytes, n++));
    await settled(5);
  };
  return { rooms, sleeper, healthy, told, errors, broadcast };
}

/** Broadcasts until the sleeper's socket holds more than the limit. */
async function overLimit({ sleeper, broadcast }: Scene): Promise<void> {
  while (sleeper.socket.writableLength <= LIMIT) await broadcast();
}

describe('a member over maxBufferedBytes', () => {
  it('is let be for one round trip, then cut off; the others get everything', async () => {
    const it = scene({});
    await overLimit(it);
    await it.broadcast();
    expect(it.told).toEqual([]);
    vi.advanceTimersByTime(PATIENCE);
    await it.broadcast();
    expect(it.told).toEqual(['slow sleeper limit disconnect']);
    expect(it.errors).toMatchObject([{ code: 'ERR_ROOMS_SLOW', connectionId: 'sleeper', limit: LIMIT }]);
    expect((it.errors[0] as RoomsError).bufferedBytes).toBeGreaterThan(LIMIT);
    expect(it.rooms.getRoomMembers('lobby').map(({ connectionId }) => connectionId)).toEqual(['a', 'b', 'c']);
    const { messages, disconnected } = it.rooms.stats();
    expect(disconnected).toBe(1);
    for (const member of it.healthy) expect(member.received.map(({ n }) => n)).toEqual(Array.from({ length: messages }, (_, n) => n));
  });

  it('is cut off before it holds the limit twice, however quickly that is', async () => {
    const it = scene({});
    let most = 0;
    while (it.told.length === 0) {
      await it.broadcast();
      most = Math.max(most, it.sleeper.socket.writableLength);
    }
    expect(most).toBeGreaterThan(LIMIT);
    expect(most).toBeLessThanOrEqual(2 * LIMIT + 2 * MESSAGE);
  });

  it('is cut off too where it reads, but less than comes', async () => {
    const it = scene({});
    it.sleeper.peer.pause();
    it.sleeper.peer.on('readable', () => {});
    let most = 0;
    while (it.told.length === 0) {
      it.sleeper.peer.read(KIB);
      await it.broadcast();
      most = Math.max(most, it.sleeper.socket.writableLength);
    }
    expect(it.told).toEqual(['slow sleeper limit disconnect']);
    expect(most).toBeLessThanOrEqual(2 * LIMIT + 4 * MESSAGE);
  });

  it('misses whole messages with drop, is told of once, and gets what comes when it reads again', async () => {
    const it = scene({ slowConsumer: 'drop' });
    await overLimit(it);
    await it.broadcast();
    const whole = it.rooms.stats().messages;
    vi.advanceTimersByTime(PATIENCE);
    const held = it.sleeper.socket.writableLength;
    for (let n = 0; n < 3; n++) await it.broadcast();
    expect(it.rooms.sendTo('sleeper', 'you')).toBe(false);
    expect(it.sleeper.socket.writableLength).toBe(held);
    expect(it.told).toEqual(['slow sleeper limit drop', ...[1, 2, 3, 4].map((n) => `drop sleeper ${n}`)]);
    expect(it.rooms.stats()).toMatchObject({ droppedMessages: 4, disconnected: 0, bufferedBytes: held });

    const chunks: Buffer[] = [];
    it.sleeper.peer.on('data', (chunk: Buffer) => chunks.push(chunk));
    await until(() => it.sleeper.socket.writableLength === 0);
    const next = it.rooms.stats().messages - 1;
    await it.broadcast();
    await settled();
    const text = Buffer.concat(chunks).toString();
    const got = [...text.matchAll(/\{"n":(\d+)/g)].map(([, n]) => Number(n));
    expect(got).toEqual([...Array.from({ length: whole }, (_, n) => n), next]);
    expect(it.told).toHaveLength(5);
    for (const member of it.healthy) expect(member.received).toHaveLength(next + 1);
  });

  it('is asked about for every message with a function, which may change its mind', async () => {
    const asked: SlowMember[] = [];
    const it = scene({ slowConsumer: (member) => (asked.push(member), member.droppedMessages < 2 ? 'drop' : 'disconnect') });
    await overLimit(it);
    await it.broadcast();
    vi.advanceTimersByTime(PATIENCE);
    for (let n = 0; n < 5; n++) await it.broadcast();
    expect(it.told).toEqual(['slow sleeper limit drop', 'drop sleeper 1', 'drop sleeper 2']);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toEqual({
      connectionId: 'sleeper',
      socket: it.sleeper.socket,
      reason: 'limit',
      bufferedBytes: expect.any(Number),
      droppedMessages: 0,
    });
    expect(it.sleeper.socket.destroyed).toBe(true);
  });

  it.each([
    ['throws', (): never => {
      throw new Error('no');
    }],
    ['gives no action', () => 'wait' as never],
  ])('is cut off where the function %s, and the others lose nothing', async (_, slowConsumer) => {
    const it = scene({ slowConsumer });
    await overLimit(it);
    await it.broadcast();
    vi.advanceTimersByTime(PATIENCE);
    await it.broadcast();
    expect(it.told).toEqual(['ERR_ROOMS_HANDLER_FAILED', 'slow sleeper limit disconnect']);
    expect(it.sleeper.socket.destroyed).toBe(true);
    for (const member of it.healthy) expect(member.received).toHaveLength(it.rooms.stats().messages);
  });

  it('may be removed by its slow listener, and others with it', async () => {
    const it = scene({ slowConsumer: 'drop' });
    const second = addSleeper(it.rooms, 'second', 'lobby');
    it.rooms.on('slow', () => {
      it.rooms.removeClient('sleeper');
      it.rooms.removeClient('second');
      it.rooms.broadcastToRoom('lobby', { n: -1 });
    });
    await overLimit(it);
    await it.broadcast();
    vi.advanceTimersByTime(PATIENCE);
    await it.broadcast();
    expect(it.told).toEqual(['slow sleeper limit drop', 'drop sleeper 1']);
    expect(second.socket.destroyed).toBe(false);
    // What the listener sent stands behind the message that it was called for.
    for (const member of it.healthy) expect(member.received.at(-1)).toEqual({ n: -1 });
  });

  it('is never found with Infinity', async () => {
    const it = scene({ maxBufferedBytes: Infinity });
    for (let n = 0; n < 40; n++) {
      await it.broadcast();
      vi.advanceTimersByTime(PATIENCE / 10);
    }
    expect(it.told).toEqual([]);
    expect(it.sleeper.socket.writableLength).toBeGreaterThan(2 * LIMIT);
  });
});

describe('a burst', () => {
  it('of one turn, far over the limit, cuts off nobody who reads, and nothing is missed', async () => {
    const rooms = new TCPRoomManager({ notify: false, maxBufferedBytes: 64 * KIB });
    const told: unknown[] = [];
    rooms.on('slow', (member) => told.push(member));
    const members = Array.from({ length: 20 }, (_, n) => addMember(rooms, `m${n}`, 'lobby'));
    for (let burst = 0; burst < 2; burst++) {
      for (let n = 0; n < 5000; n++) rooms.broadcastToRoom('lobby', { n });
      await until(() => members.every(({ socket }) => socket.writableLength === 0));
    }
    await settled();
    expect(told).toEqual([]);
    for (const member of members) expect(member.received).toHaveLength(10_000);
    expect(rooms.stats()).toMatchObject({ deliveries: 200_000, droppedMessages: 0, disconnected: 0 });
  });

  it('of one turn may take longer than the patience of later ones', async () => {
    const it = scene({ stallTimeout: Infinity });
    for (let n = 0; n < 30; n++) {
      it.rooms.broadcastToRoom('lobby', messageOf(MESSAGE, n));
      vi.advanceTimersByTime(PATIENCE);
    }
    expect(it.told).toEqual([]);
    await nextTurn();
  });

  it('is one message over the limit, each time to a member that owes nothing', async () => {
    const it = scene({ maxBufferedBytes: 1 });
    it.sleeper.peer.resume();
    for (let n = 0; n < 5; n++) {
      it.rooms.broadcastToRoom('lobby', messageOf(MESSAGE, n));
      await until(() => [it.sleeper, ...it.healthy].every(({ socket }) => socket.writableLength === 0));
    }
    expect(it.told).toEqual([]);
  });
});

describe('a member whose bytes stand still for stallTimeout', () => {
  it('is cut off below the limit', async () => {
    const it = scene({ stallTimeout: 8000 });
    for (let n = 0; n < 6; n++) await it.broadcast();
    expect(it.sleeper.socket.writableLength).toBeGreaterThan(0);
    expect(it.sleeper.socket.writableLength).toBeLessThan(LIMIT);
    vi.advanceTimersByTime(7999);
    expect(it.told).toEqual([]);
    vi.advanceTimersByTime(2001);
    expect(it.told).toEqual(['slow sleeper stall disconnect']);
    await settled();
    expect(it.errors).toMatchObject([{ code: 'ERR_ROOMS_STALLED', limit: 8000 }]);
  });

  it('is let be with drop, and misses what comes until it takes something', async () => {
    const it = scene({ stallTimeout: 8000, slowConsumer: 'drop' });
    for (let n = 0; n < 6; n++) await it.broadcast();
    vi.advanceTimersByTime(30_000);
    await it.broadcast();
    expect(it.told).toEqual(['slow sleeper stall drop', 'drop sleeper 1']);
    it.sleeper.peer.resume();
    await until(() => it.sleeper.socket.writableLength === 0);
    expect(it.rooms.sendTo('sleeper', 'you')).toBe(true);
  });

  it('is not one who takes a little now and then', async () => {
    const it = scene({ stallTimeout: 8000 });
    const { peer, socket } = it.sleeper;
    for (let n = 0; n < 4; n++) {
      peer.pause();
      for (let message = 0; message < 6; message++) await it.broadcast();
      expect(socket.writableLength).toBeGreaterThan(0);
      vi.advanceTimersByTime(6000);
      peer.resume();
      await until(() => socket.writableLength === 0);
    }
    expect(it.told).toEqual([]);
    peer.pause();
    for (let message = 0; message < 6; message++) await it.broadcast();
    vi.advanceTimersByTime(10_000);
    expect(it.told).toEqual(['slow sleeper stall disconnect']);
  });

  it('is not found while this process itself stood still', async () => {
    const it = scene({ stallTimeout: 8000 });
    for (let n = 0; n < 6; n++) await it.broadcast();
    vi.advanceTimersByTime(2000);
    // The clock goes on, and no timer had a chance.
    const { now } = performance;
    performance.now = () => now.call(performance) + 60_000;
    vi.advanceTimersByTime(1000);
    expect(it.told).toEqual([]);
    vi.advanceTimersByTime(8000);
    expect(it.told).toEqual(['slow sleeper stall disconnect']);
    performance.now = now;
  });

  it('is never found with Infinity, and no timer runs', async () => {
    const it = scene({ stallTimeout: Infinity });
    for (let n = 0; n < 6; n++) await it.broadcast();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('needs a timer only while something waits', async () => {
    const it = scene({ stallTimeout: 8000 });
    await it.broadcast();
    expect(vi.getTimerCount()).toBe(1);
    it.sleeper.peer.resume();
    await until(() => it.sleeper.socket.writableLength === 0);
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
