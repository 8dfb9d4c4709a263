import { describe, expect, it } from 'vitest';
import { collect, connect, data, decodeAll, settled, texts } from './peers.js';

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe('messages that nobody takes', () => {
  it('wait, 63 of them without a pause, and the socket pauses at 64', async () => {
    const { handler, socket, peer } = connect();
    peer.write(data(...numbers(63)));
    await settled();
    expect(socket.isPaused()).toBe(false);
    peer.write(data('63'));
    await settled();
    expect(socket.isPaused()).toBe(true);
    const taken: string[] = [];
    for await (const { payload } of handler) if (taken.push(payload.toString()) === 64) break;
    expect(taken).toEqual(numbers(64));
    socket.destroy();
  });

  it('wait, up to maxPayloadBytes', async () => {
    const { socket, peer } = connect({ maxPayloadBytes: 1000 });
    peer.write(data('x'.repeat(999)));
    await settled();
    expect(socket.isPaused()).toBe(false);
    peer.write(data('y'));
    await settled();
    expect(socket.isPaused()).toBe(true);
    socket.destroy();
  });

  it('wait in order, and all come, when somebody takes them slowly', async () => {
    const { handler, peer } = connect();
    for (const text of numbers(3000)) peer.write(data(text));
    peer.end();
    const taken: string[] = [];
    for await (const { payload } of handler) {
      taken.push(payload.toString());
      if (taken.length % 97 === 0) await settled();
    }
    expect(taken).toEqual(numbers(3000));
  });

  it.each(['message', 'data'] as const)('are given to a %s listener that comes later, all and in order', async (event) => {
    const { handler, socket, peer } = connect();
    peer.write(data(...numbers(200)));
    await settled();
    const taken: string[] = [];
    handler.on(event, ({ payload }) => taken.push(payload.toString()));
    expect(taken).toEqual([]);
    await settled();
    expect(taken).toEqual(numbers(200));
    expect(socket.isPaused()).toBe(false);
    socket.destroy();
  });

  it.each(['heartbeat', 'pong'] as const)('are left alone by a %s listener', async (event) => {
    const { handler, socket, peer } = connect();
    handler.on(event, () => {});
    peer.write(data('a', 'b'));
    await settled();
    const taken: string[] = [];
    for await (const { payload } of handler) if (taken.push(payload.toString()) === 2) break;
    expect(taken).toEqual(['a', 'b']);
    socket.destroy();
  });

  it('hold the writer back: what has left it is the bound, one message and what sockets hold', async () => {
    const limit = 256 * 1024;
    const { handler, socket, peer } = connect({ maxPayloadBytes: limit });
    const iterator = handler[Symbol.asyncIterator]();
    const chunk = data(Buffer.alloc(10_000, 'x'));
    for (let turn = 0; turn < 50; turn++) {
      while (peer.writableLength < 64 * 1024) peer.write(chunk);
      await settled();
    }
    expect(socket.isPaused()).toBe(true);
    expect(peer.bytesWritten - peer.writableLength).toBeLessThan(limit + 3 * 64 * 1024 + 2 * chunk.length);
    expect((await iterator.next()).value).toMatchObject({ length: 10_000 });
    socket.destroy();
    peer.destroy();
  });
});

describe('sending', () => {
  it('gives false at the mark of the socket, and drain when there is room', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    let drains = 0;
    handler.on('drain', () => drains++);
    let sent = 0;
    do {
      while (handler.sendBinaryMessage(0x10, Buffer.alloc(1000))) sent++;
      sent++;
      await settled();
    } while (!socket.writableNeedDrain);
    const before = drains;
    const chunks = collect(peer);
    peer.resume();
    await settled();
    await settled();
    expect(drains).toBe(before + 1);
    expect(decodeAll(...chunks)).toHaveLength(sent);
    socket.destroy();
  });

  it('send settles at once below the mark, and behind it when the peer has read', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    const settledSends: number[] = [];
    await handler.send(0x10, Buffer.from('small'));
    let stuck = 0;
    while (!socket.writableNeedDrain || stuck === 0) {
      const index = stuck++;
      void handler.send(0x10, Buffer.alloc(4000)).then(() => settledSends.push(index));
      if (index % 10 === 0) await settled();
    }
    await settled();
    expect(settledSends.length).toBeLessThan(stuck);
    peer.resume();
    await settled();
    expect(settledSends).toHaveLength(stuck);
    socket.destroy();
  });

  it('send of a payload by reference settles when its bytes have left, not before', async () => {
    const { handler, socket, peer } = connect({}, { highWaterMarkBytes: 2 ** 20 });
    const sent: number[] = [];
    peer.pause();
    socket.cork();
    const payload = Buffer.alloc(50_000, 'a');
    const sending = handler.send(0x10, payload).then(() => sent.push(1));
    await settled();
    expect(sent).toEqual([]);
    socket.uncork();
    await sending;
    payload.fill('b');
    const chunks = collect(peer);
    peer.resume();
    await settled();
    expect(decodeAll(...chunks)[0]?.payload.equals(Buffer.alloc(50_000, 'a'))).toBe(true);
    socket.destroy();
  });

  it('send leaves no listener behind, however many wait', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    const count = (): number[] => [socket.listenerCount('drain'), socket.listenerCount('close'), handler.listenerCount('drain')];
    const before = count();
    const sending = Array.from({ length: 200 }, (_, index) => handler.send(0x10, Buffer.alloc(index * 50)));
    expect(count()).toEqual(before);
    peer.resume();
    await Promise.all(sending);
    socket.destroy();
  });

  it('send settles when its bytes have left also behind an end, after which no drain comes', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    const sending = Array.from({ length: 50 }, (_, index) => handler.send(0x10, Buffer.alloc(index * 2000)));
    socket.end(Buffer.alloc(300_000));
    peer.resume();
    await Promise.all(sending);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it.each([100, 100_000])('send of %d bytes rejects with ERR_FRAME_CLOSED when the connection goes first, and says why', async (length) => {
    const { handler, socket, peer } = connect();
    peer.pause();
    do {
      handler.sendBinaryMessage(0x10, Buffer.alloc(100_000));
      await settled();
    } while (!socket.writableNeedDrain);
    const sending = [handler.send(0x10, Buffer.alloc(length)), handler.send(0x10, Buffer.alloc(length))];
    peer.resetAndDestroy();
    for (const result of await Promise.allSettled(sending)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_FRAME_CLOSED', cause: { code: 'ECONNRESET' } } });
    }
  });
});

it('a chunk of many messages is given whole to who listens to all of them', async () => {
  const { handler, socket, peer } = connect();
  const taken: string[] = [];
  handler.on('message', (message) => taken.push(...texts([message])));
  peer.write(data(...numbers(5000)));
  await settled();
  expect(taken).toEqual(numbers(5000));
  socket.destroy();
});
