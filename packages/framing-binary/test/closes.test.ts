import { Socket } from 'node:net';
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { BinaryProtocolHandler } from '../src/index.js';
import { closed, collect, connect, data, decodeAll, frame, record, recordEnd, settled, texts } from './peers.js';

const SOCKET_EVENTS = ['data', 'drain', 'end', 'close', 'error', 'timeout'] as const;
const X = Buffer.from('x');

describe('close', () => {
  it.each([
    ['the peer ends', ({ peer }) => peer.end()],
    ['the peer destroys', ({ peer }) => peer.destroy()],
    ['the peer resets', ({ peer }) => peer.resetAndDestroy()],
    ['we end', ({ socket, peer }) => { socket.end(); peer.resume(); }],
    ['we destroy', ({ socket }) => socket.destroy()],
    ['we destroy with an error', ({ socket }) => socket.destroy(new Error('enough'))],
    ['the bytes are bad', ({ peer }) => peer.write(Buffer.alloc(8, 0xff))],
    ['a message is cut', ({ peer }) => peer.end(frame(0x10, 'begun', 0, 10))],
  ] as [string, (connection: ReturnType<typeof connect>) => unknown][])('comes once and last, and leaves nothing on the socket, when %s', async (_, act) => {
    const connection = connect({ heartbeatInterval: 10_000 });
    const { handler, socket } = connection;
    const recorded = record(handler);
    const iterator = connect().handler[Symbol.asyncIterator]();
    void iterator.return?.();
    act(connection);
    await closed(handler, recorded);
    await settled();
    expect(recorded.events.filter((event) => event === 'close')).toHaveLength(1);
    expect(recorded.events.at(-1)).toBe('close');
    for (const event of SOCKET_EVENTS) expect(socket.listenerCount(event), event).toBe(0);
    await expect(handler.send(0x10, X)).rejects.toMatchObject({ code: 'ERR_FRAME_CLOSED' });
  });

  it('comes for a socket that was destroyed before the handler', async () => {
    const [, socket] = socketPair();
    socket.destroy();
    await settled();
    const handler = new BinaryProtocolHandler(socket);
    const recorded = record(handler);
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['close']);
  });
});

describe('a half-open connection', () => {
  it('still sends when the peer has ended, and iterators end', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    const chunks = collect(peer);
    peer.end(data('question'));
    const taken: string[] = [];
    for await (const { payload } of handler) taken.push(payload.toString());
    expect(taken).toEqual(['question']);
    await handler.send(0x10, Buffer.from('answer'));
    socket.end();
    await settled();
    expect(texts(decodeAll(...chunks))).toEqual(['answer']);
  });

  it('still receives when we have ended; what is sent then is reported at once, and nothing hangs', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    const recorded = record(handler);
    socket.end();
    expect(handler.sendBinaryMessage(0x10, X)).toBe(false);
    expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_CLOSED' })]);
    await expect(handler.send(0x10, X)).rejects.toMatchObject({ code: 'ERR_FRAME_CLOSED' });
    peer.resume();
    peer.end(data('1'));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'message', 'data', 'close']);
  });
});

describe('iterators', () => {
  it('give what came before an error, then throw it once', async () => {
    const { handler, peer } = connect();
    peer.write(Buffer.concat([data('1', '2'), Buffer.alloc(8, 0xff)]));
    await settled();
    const iterator = handler[Symbol.asyncIterator]();
    expect((await iterator.next()).value?.payload.toString()).toBe('1');
    expect((await iterator.next()).value?.payload.toString()).toBe('2');
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_FRAME_TOO_LARGE' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('throw ERR_FRAME_TRUNCATED and what the socket fails with', async () => {
    const cut = connect();
    cut.peer.end(Buffer.concat([data('1'), frame(0x10, 'ab', 0, 10)]));
    const iterator = cut.handler[Symbol.asyncIterator]();
    await iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_FRAME_TRUNCATED', declaredBytes: 10, receivedBytes: 2 });
    const reset = connect();
    reset.peer.resetAndDestroy();
    await expect(reset.handler[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('are left without harm: the next one goes on behind it', async () => {
    const { handler, socket, peer } = connect();
    peer.write(data('1', '2', '3'));
    for await (const { payload } of handler) if (payload.toString() === '1') break;
    expect(socket.destroyed).toBe(false);
    peer.end(data('4'));
    const taken: string[] = [];
    for await (const { payload } of handler) taken.push(payload.toString());
    expect(taken).toEqual(['2', '3', '4']);
  });
});

describe('sending to a connection that is gone', () => {
  it('never throws, so a loop over many connections goes on', async () => {
    const connections = Array.from({ length: 4 }, () => connect());
    connections[1]?.peer.destroy();
    connections[2]?.socket.destroy();
    await settled();
    expect(connections.map(({ handler }) => handler.sendBinaryMessage(0x10, X))).toEqual([true, false, false, true]);
    for (const { socket } of connections) socket.destroy();
  });

  it('by send, unawaited, is no unhandled rejection, whatever it is refused for', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const { handler, socket } = connect();
    while (!socket.writableNeedDrain) handler.sendBinaryMessage(0x10, Buffer.alloc(10_000));
    void handler.send(0x10, X);
    void handler.send(0x10, Buffer.alloc(10_000));
    void handler.send(-1, X);
    void handler.send(0x10, Buffer.alloc(2 ** 20 + 1));
    socket.destroy();
    void handler.send(0x10, X);
    await settled();
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});

it('a socket that is connecting still, or was paused, or has read already, loses nothing', async () => {
  const connecting = new Socket();
  expect(new BinaryProtocolHandler(connecting).sendBinaryMessage(0x10, X)).toBe(true);
  connecting.destroy();
  const [peer, socket] = socketPair();
  socket.pause();
  peer.write(data('1', '2'));
  await settled();
  const { messages } = record(new BinaryProtocolHandler(socket));
  await settled();
  expect(texts(messages)).toEqual(['1', '2']);
  socket.destroy();
});

describe('detach', () => {
  it('inside a listener stops behind that message, and gives and unshifts what follows it', async () => {
    const { handler, socket, peer } = connect();
    const { errors } = recordEnd(handler);
    const seen: string[] = [];
    let rest: Uint8Array | undefined;
    handler.on('data', ({ payload }) => {
      seen.push(payload.toString());
      if (payload.toString() === 'upgrade') rest = handler.detach();
    });
    const foreign = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    peer.write(Buffer.concat([data('1', 'upgrade'), foreign]));
    await settled();
    expect(seen).toEqual(['1', 'upgrade']);
    expect(errors).toEqual([]);
    expect(Buffer.from(rest ?? [])).toEqual(foreign);
    expect(socket.isPaused()).toBe(true);
    for (const event of SOCKET_EVENTS) expect(socket.listenerCount(event), event).toBe(0);
    const chunks = collect(socket);
    peer.write('more');
    socket.resume();
    await settled();
    expect(Buffer.concat(chunks).toString()).toBe(`${foreign.toString()}more`);
    socket.destroy();
  });

  it.each([
    ['messages that wait', data('1', '', 'three')],
    ['a header begun', frame(0x10, 'x').subarray(0, 5)],
    ['a whole header', frame(0x10, '', 7, 100)],
    ['a message begun', frame(0x10, 'abc', 7, 100)],
    ['more messages than may wait', data(...Array.from({ length: 300 }, (_, index) => String(index)))],
    ['heartbeats among messages', Buffer.concat([data('1'), frame(1), frame(2, 'pong'), data('2')])],
    ['a header that is no header', Buffer.concat([data('1'), Buffer.alloc(20, 0xff)])],
  ])('gives back %s, byte for byte, however they were cut', async (_, bytes) => {
    for (const size of [1, 2, 3, bytes.length]) {
      const { handler, socket, peer } = connect();
      // An iterator is in use, so nothing is judged before it is asked for.
      const iterator = handler[Symbol.asyncIterator]();
      for (let at = 0; at < bytes.length; at += size) handler.handleBinaryData(bytes.subarray(at, at + size));
      const waiting = iterator.return?.();
      expect(Buffer.from(handler.detach()).equals(bytes), `by ${size}`).toBe(true);
      await waiting;
      peer.destroy();
      socket.destroy();
    }
  });

  it('settles send, by reference when the bytes have left, and lets them leave', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    const sending = [handler.send(0x10, Buffer.alloc(200_000)), handler.send(0x10, X)];
    handler.detach();
    await expect(handler.send(0x10, X)).rejects.toMatchObject({ code: 'ERR_FRAME_CLOSED' });
    const chunks = collect(peer);
    peer.resume();
    await Promise.all(sending);
    socket.end();
    await settled();
    expect(decodeAll(...chunks).map(({ length }) => length)).toEqual([200_000, 1]);
  });
});
