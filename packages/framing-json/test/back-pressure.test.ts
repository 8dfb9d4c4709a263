import { describe, expect, it } from 'vitest';
import { collect, connect, decodeAll, frames, settled, until } from './peers.js';

describe('messages that nobody takes', () => {
  it('wait, 63 of them without a pause, and the socket pauses at 64', async () => {
    const { handler, socket, peer } = connect();
    peer.write(frames(...Array.from({ length: 63 }, (_, index) => index)));
    await settled();
    expect(socket.isPaused()).toBe(false);
    peer.write(frames(63));
    await settled();
    expect(socket.isPaused()).toBe(true);
    const taken: unknown[] = [];
    for await (const message of handler) if (taken.push(message) === 64) break;
    expect(taken).toEqual(Array.from({ length: 64 }, (_, index) => index));
    socket.destroy();
  });

  it('wait, up to maxMessageBytes', async () => {
    const { socket, peer } = connect({ maxMessageBytes: 1000 });
    peer.write(frames('x'.repeat(997)));
    await settled();
    expect(socket.isPaused()).toBe(false);
    peer.write(frames('y'));
    await settled();
    expect(socket.isPaused()).toBe(true);
    socket.destroy();
  });

  it('wait in order, and all come, when somebody takes them slowly', async () => {
    const { handler, peer } = connect();
    const sent = Array.from({ length: 5000 }, (_, index) => ({ index, pad: 'x'.repeat(index % 50) }));
    for (const message of sent) peer.write(frames(message));
    peer.end();
    const taken: unknown[] = [];
    for await (const message of handler) {
      taken.push(message);
      if (taken.length % 97 === 0) await settled();
    }
    expect(taken).toEqual(sent);
  });

  it('are given to a listener that comes later, all and in order, and the socket goes on', async () => {
    const { handler, socket, peer } = connect();
    const sent = Array.from({ length: 200 }, (_, index) => index);
    peer.write(frames(...sent));
    await settled();
    expect(socket.isPaused()).toBe(true);
    const taken: unknown[] = [];
    handler.on('message', (message) => taken.push(message));
    expect(taken).toEqual([]);
    await settled();
    expect(taken).toEqual(sent);
    expect(socket.isPaused()).toBe(false);
    socket.destroy();
  });

  it('are given to a listener that comes after removeAllListeners', async () => {
    const { handler, socket, peer } = connect();
    handler.removeAllListeners();
    peer.write(frames(1, 2));
    await settled();
    const taken: unknown[] = [];
    handler.removeAllListeners('message').on('message', (message) => taken.push(message));
    await settled();
    expect(taken).toEqual([1, 2]);
    socket.destroy();
  });

  it('hold the writer back: memory stays below the limit, one message and what sockets hold', async () => {
    const limit = 256 * 1024;
    const { handler, socket, peer } = connect({ maxMessageBytes: limit });
    const iterator = handler[Symbol.asyncIterator]();
    const chunk = frames('x'.repeat(10_000));
    let written = 0;
    while (peer.write(chunk) || written === 0) written += chunk.length;
    for (let turn = 0; turn < 50; turn++) {
      await settled();
      while (peer.writableLength < 64 * 1024) peer.write(chunk);
    }
    expect(socket.isPaused()).toBe(true);
    // Everything that has left the writer: our bound, and the marks of two sockets and of the pipe between them.
    expect(peer.bytesWritten - peer.writableLength).toBeLessThan(limit + chunk.length + 3 * 64 * 1024 + chunk.length);
    expect(await iterator.next()).toEqual({ done: false, value: 'x'.repeat(10_000) });
    socket.destroy();
    peer.destroy();
  });

  it('hold the writer back also where somebody else resumes the socket', async () => {
    const { socket, peer } = connect();
    peer.write(frames(...Array.from({ length: 64 }, (_, index) => index)));
    await settled();
    socket.resume();
    peer.write(frames('more'));
    await settled();
    expect(socket.isPaused()).toBe(true);
    socket.destroy();
  });

  it('let no more in while bytes are left of what came', async () => {
    const { handler, socket, peer } = connect();
    peer.write(frames(...Array.from({ length: 70 }, (_, index) => index)));
    await settled();
    const iterator = handler[Symbol.asyncIterator]();
    for (let taken = 0; taken < 6; taken++) {
      await iterator.next();
      expect(socket.isPaused(), `${taken + 1} taken`).toBe(true);
    }
    await iterator.next();
    expect(socket.isPaused()).toBe(false);
    socket.destroy();
  });

  it('do not pile up behind a reader that is slower than its peer', async () => {
    const { handler, socket, peer } = connect({ maxMessageBytes: 32 * 1024 });
    const chunk = frames(...Array.from({ length: 5000 }, (_, index) => index));
    const iterator = handler[Symbol.asyncIterator]();
    let most = 0;
    for (let taken = 0; taken < 1000; taken++) {
      while (peer.writableLength < 64 * 1024) peer.write(chunk);
      expect(await iterator.next()).toEqual({ done: false, value: taken % 5000 });
      if (taken % 10 === 0) await settled();
      most = Math.max(most, socket.bytesRead);
    }
    // What was taken, what may wait, and one mark of the socket, however long this goes on.
    expect(most).toBeLessThan(32 * 1024 + 64 * 1024 + 64 * 1024 + 64 * 1024);
    socket.destroy();
    peer.destroy();
  });
});

it('an iterator holds back a peer that sends one-byte chunks, without a pause while it waits', async () => {
  const { handler, peer } = connect();
  const bytes = frames({ one: 'é' }, { two: '😀' });
  for (const byte of bytes) peer.write(Buffer.from([byte]));
  peer.end();
  const taken: unknown[] = [];
  for await (const message of handler) taken.push(message);
  expect(taken).toEqual([{ one: 'é' }, { two: '😀' }]);
});

describe('sending', () => {
  it('gives false at the mark of the socket, and drain when it is empty', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    let drains = 0;
    handler.on('drain', () => drains++);
    let sent = 0;
    do sent++;
    while (handler.sendMessage('x'.repeat(1000)));
    while (!socket.writableNeedDrain) handler.sendMessage((sent++, 'x'.repeat(1000)));
    expect(drains).toBe(0);
    const chunks = collect(peer);
    peer.resume();
    await until(() => drains > 0);
    await until(() => decodeAllOrNothing(chunks).length === sent);
    expect(drains).toBe(1);
    socket.destroy();
  });

  it('send settles at once below the mark, and behind it when the peer has read', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    const order: string[] = [];
    await handler.send('small');
    let stuck = 0;
    while (!socket.writableNeedDrain) {
      stuck++;
      void handler.send('x'.repeat(100_000)).then(() => order.push('sent'));
      await settled();
    }
    expect(order.filter((entry) => entry === 'sent').length).toBeLessThan(stuck);
    order.push('reading');
    peer.resume();
    await until(() => order.at(-1) === 'sent' && order.length > stuck);
    expect(order).toContain('reading');
    socket.destroy();
  });

  it('send leaves no listener behind, however many wait', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    const before = [socket.listenerCount('drain'), socket.listenerCount('close'), handler.listenerCount('drain')];
    const sending = Array.from({ length: 200 }, () => handler.send('x'.repeat(10_000)));
    expect([socket.listenerCount('drain'), socket.listenerCount('close'), handler.listenerCount('drain')]).toEqual(before);
    peer.resume();
    await Promise.all(sending);
    socket.destroy();
  });

  it('send settles when its bytes have left also behind an end, after which no drain comes', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    const sending = Array.from({ length: 5 }, () => handler.send('x'.repeat(100_000)));
    socket.end('raw'.repeat(100_000));
    peer.resume();
    await Promise.all(sending);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it('send rejects with ERR_FRAME_CLOSED when the connection goes first, and says why', async () => {
    const { handler, socket, peer } = connect();
    peer.pause();
    await settled();
    while (!socket.writableNeedDrain) handler.sendMessage('x'.repeat(100_000));
    const sending = [handler.send(1), handler.send(2)];
    peer.resetAndDestroy();
    for (const result of await Promise.allSettled(sending)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_FRAME_CLOSED', cause: { code: 'ECONNRESET' } } });
    }
  });
});

function decodeAllOrNothing(chunks: Buffer[]): unknown[] {
  try {
    return decodeAll(...chunks);
  } catch {
    return [];
  }
}
