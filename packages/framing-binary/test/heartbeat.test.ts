import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BinaryProtocolHandler } from '../src/index.js';
import { closed, collect, connect, data, decodeAll, frame, plain, record, recordEnd, settled, texts } from './peers.js';

const HEARTBEAT = { type: 1, flags: 0, length: 0, text: '' };
const PONG = { type: 2, flags: 0, length: 4, text: 'pong' };

describe('a heartbeat from the peer', () => {
  it('is answered where nobody listens, ahead of nothing', async () => {
    const { socket, peer } = connect();
    const chunks = collect(peer);
    peer.write(frame(1));
    await settled();
    expect(plain(decodeAll(...chunks))).toEqual([PONG]);
    socket.destroy();
  });

  it('is answered, and has its events', async () => {
    const { handler, socket, peer } = connect();
    const { events } = record(handler);
    const chunks = collect(peer);
    peer.write(Buffer.concat([frame(1), frame(2, 'pong')]));
    await settled();
    expect(events).toEqual(['message', 'heartbeat', 'message', 'pong']);
    expect(plain(decodeAll(...chunks))).toEqual([PONG]);
    socket.destroy();
  });

  it('is no message of an iterator, and does not fill what waits for one', async () => {
    const { handler, socket, peer } = connect();
    const { events } = recordEnd(handler);
    handler.on('heartbeat', () => events.push('heartbeat'));
    const chunks = collect(peer);
    for (let count = 0; count < 200; count++) peer.write(frame(1));
    await settled();
    expect(socket.isPaused()).toBe(false);
    expect(events).toHaveLength(200);
    peer.write(Buffer.concat([data('a'), frame(1), frame(2), data('b')]));
    const taken: string[] = [];
    for await (const { payload } of handler) if (taken.push(payload.toString()) === 2) break;
    expect(taken).toEqual(['a', 'b']);
    await settled();
    socket.destroy();
    expect(decodeAll(...chunks)).toHaveLength(201);
  });

  it('waits in its turn behind messages that wait, so a detach gives it back', async () => {
    const { handler, socket, peer } = connect();
    const chunks = collect(peer);
    const bytes = Buffer.concat([data('a'), frame(1), data('b')]);
    peer.write(bytes);
    await settled();
    expect(chunks).toEqual([]);
    expect(Buffer.from(handler.detach())).toEqual(bytes);
    socket.destroy();
  });

  it('behind the message that an iterator gave is not judged before more is asked for', async () => {
    const { handler, socket, peer } = connect();
    const chunks = collect(peer);
    peer.write(Buffer.concat([data('upgrade'), frame(1)]));
    for await (const { payload } of handler) if (payload.toString() === 'upgrade') break;
    await settled();
    peer.write(frame(1));
    await settled();
    expect(chunks).toEqual([]);
    expect(Buffer.from(handler.detach())).toEqual(Buffer.concat([frame(1), frame(1)]));
    socket.destroy();
  });

  it('a hundred thousand times, from a peer that never reads: the answers stay below the mark, and one is owed', async () => {
    const { socket, peer } = connect();
    peer.pause();
    const flood = Buffer.alloc(8 * 10_000, frame(1));
    for (let count = 0; count < 10; count++) {
      peer.write(flood);
      await settled();
    }
    while (peer.writableLength > 0) await nextTurn();
    await settled();
    expect(socket.bytesRead).toBe(800_000);
    expect(socket.writableLength).toBeLessThanOrEqual(socket.writableHighWaterMark + 12);
    const answered = socket.bytesWritten;
    const chunks = collect(peer);
    peer.resume();
    await settled();
    expect(socket.bytesWritten).toBe(answered + 12);
    expect(new Set(decodeAll(...chunks).map(({ type }) => type))).toEqual(new Set([2]));
    socket.destroy();
  });

  it('is not answered on a connection that we have ended', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    const { errors, events } = record(handler);
    socket.end();
    peer.resume();
    peer.write(frame(1));
    await settled();
    expect(errors).toEqual([]);
    expect(events).toEqual(['message', 'heartbeat']);
    socket.destroy();
  });
});

describe('of our own', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('none is sent, and no timer exists, unless it was asked for', () => {
    const { socket } = connect();
    expect(vi.getTimerCount()).toBe(0);
    socket.destroy();
  });

  it('one is sent each interval, and the answers keep the connection', async () => {
    const { handler, socket, peer } = connect({ heartbeatInterval: 1000 });
    const { events, errors } = record(handler);
    const other = new BinaryProtocolHandler(peer);
    for (let count = 0; count < 10; count++) {
      vi.advanceTimersByTime(1001);
      await settled();
    }
    expect(events.filter((event) => event === 'pong')).toHaveLength(10);
    expect(errors).toEqual([]);
    expect(other.listenerCount('heartbeat')).toBe(0);
    socket.destroy();
  });

  it.each([
    [{ heartbeatInterval: 1000 }, 3000],
    [{ heartbeatInterval: 1000, heartbeatTimeout: 1500 }, 1500],
    [{ heartbeatTimeout: 700 }, 700],
  ])('%j: a peer that is silent for it is dead after %d ms', async (options, timeout) => {
    const { handler, socket, peer } = connect(options);
    const recorded = record(handler);
    const reasons: unknown[] = [];
    socket.on('error', (error) => reasons.push(error));
    peer.resume();
    vi.advanceTimersByTime(timeout - 1);
    expect(recorded.errors).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_HEARTBEAT_TIMEOUT' })]);
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'close']);
    expect(reasons).toEqual(recorded.errors);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('any byte is life, also one of a message that has not ended', () => {
    const { handler, socket } = connect({ heartbeatInterval: 1000, messageTimeout: 0 });
    const { errors } = record(handler);
    handler.handleBinaryData(frame(0x10, '', 0, 1000));
    for (let count = 0; count < 20; count++) {
      vi.advanceTimersByTime(2900);
      handler.handleBinaryData(Buffer.from('x'));
    }
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(3001);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_HEARTBEAT_TIMEOUT' })]);
    socket.destroy();
  });

  it('no time passes while the socket is paused, and heartbeats are sent all the same', async () => {
    const { handler, socket, peer } = connect({ heartbeatInterval: 1000 });
    const { errors } = recordEnd(handler);
    const chunks = collect(peer);
    peer.write(data(...Array.from({ length: 64 }, () => 'x')));
    await settled();
    expect(socket.isPaused()).toBe(true);
    for (let count = 0; count < 20; count++) {
      vi.advanceTimersByTime(1001);
      await settled();
    }
    expect(errors).toEqual([]);
    expect(plain(decodeAll(...chunks))).toEqual(Array.from({ length: 20 }, () => HEARTBEAT));
    handler.on('message', () => {});
    await settled();
    expect(socket.isPaused()).toBe(false);
    vi.advanceTimersByTime(4100);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_HEARTBEAT_TIMEOUT' })]);
  });

  it('they do not pile up for a peer that sends and never reads', async () => {
    const { handler, socket, peer } = connect({ heartbeatInterval: 1000 });
    record(handler);
    peer.pause();
    while (!socket.writableNeedDrain) {
      handler.sendBinaryMessage(0x10, Buffer.alloc(100_000));
      await settled();
    }
    const written = socket.bytesWritten;
    for (let count = 0; count < 100; count++) {
      vi.advanceTimersByTime(1001);
      handler.handleBinaryData(data('alive'));
    }
    expect(socket.bytesWritten).toBe(written);
    socket.destroy();
  });

  it.each([
    ['the peer has ended', ({ peer }) => peer.end()],
    ['we have ended', ({ socket }) => socket.end()],
    ['it was detached', ({ handler }) => handler.detach()],
    ['it is closed', ({ socket }) => socket.destroy()],
  ] as [string, (connection: ReturnType<typeof connect>) => unknown][])('the clock stops once %s', async (_, act) => {
    const connection = connect({ heartbeatInterval: 1000 }, { allowHalfOpen: true });
    const { errors } = record(connection.handler);
    connection.peer.resume();
    act(connection);
    await settled();
    vi.advanceTimersByTime(60_000);
    expect(errors).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    connection.socket.destroy();
  });

  it('a connection that idles before its first heartbeat keeps the texts it got', async () => {
    const { handler, socket, peer } = connect({ heartbeatInterval: 1000 });
    const { messages } = record(handler);
    peer.write(data('first'));
    await settled();
    expect(texts(messages)).toEqual(['first']);
    socket.destroy();
  });
});
