import { Socket } from 'node:net';
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { MessageHandler } from '../src/index.js';
import { closed, collect, connect, decodeAll, frames, record, settled } from './peers.js';

const SOCKET_EVENTS = ['data', 'drain', 'end', 'close', 'error', 'timeout'] as const;

describe('close', () => {
  it.each([
    ['the peer ends', ({ peer }) => peer.end()],
    ['the peer destroys', ({ peer }) => peer.destroy()],
    ['the peer resets', ({ peer }) => peer.resetAndDestroy()],
    ['we end', ({ socket, peer }) => { socket.end(); peer.resume(); }],
    ['we destroy', ({ socket }) => socket.destroy()],
    ['we destroy with an error', ({ socket }) => socket.destroy(new Error('enough'))],
    ['the bytes are bad', ({ peer }) => peer.write('oops')],
    ['a message is cut', ({ peer }) => peer.end('5\n')],
    ['a listener throws', ({ peer, handler }) => { handler.on('message', () => { throw new Error('x'); }); peer.write(frames(1)); }],
    ['several of these', ({ socket, peer }) => { peer.end('oops'); socket.destroy(); socket.destroy(new Error('x')); peer.destroy(); }],
  ] as [string, (connection: ReturnType<typeof connect>) => unknown][])(
    'is emitted once and last, and no listener is left, where %s',
    async (_, act) => {
      const connection = connect();
      const { handler, socket } = connection;
      const recorded = record(handler);
      act(connection);
      await closed(handler, recorded);
      await settled();
      expect(recorded.events.filter((event) => event === 'close')).toEqual(['close']);
      expect(recorded.events.at(-1)).toBe('close');
      expect(recorded.errors.length).toBeLessThanOrEqual(1);
      // Node adds an `'end'` listener of its own to a Duplex that ends with its peer.
      const own = new Set(SOCKET_EVENTS.map((event) => `${event} ${socketPair()[0].listenerCount(event)}`));
      expect(new Set(SOCKET_EVENTS.map((event) => `${event} ${socket.listenerCount(event)}`))).toEqual(own);
    },
  );

  it('comes for a socket that was destroyed before, and send rejects at once', async () => {
    const [, socket] = socketPair();
    socket.destroy();
    await new Promise((resolve) => socket.once('close', resolve));
    const handler = new MessageHandler(socket);
    const recorded = record(handler);
    expect(handler.sendMessage(1)).toBe(false);
    await expect(handler.send(1)).rejects.toMatchObject({ code: 'ERR_FRAME_CLOSED' });
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'close']);
    for await (const message of handler) expect.unreachable(`got ${String(message)}`);
  });

  it('comes for a socket that is being destroyed, behind its error', async () => {
    const [, socket] = socketPair();
    socket.destroy(new Error('before'));
    const handler = new MessageHandler(socket);
    const recorded = record(handler);
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'close']);
    expect(recorded.errors).toEqual([new Error('before')]);
  });
});

describe('a half-open connection', () => {
  it('still sends when the peer has ended, and iterators end', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    const chunks = collect(peer);
    peer.end(frames('question'));
    const taken: unknown[] = [];
    for await (const message of handler) taken.push(message);
    expect(taken).toEqual(['question']);
    await handler.send('answer');
    socket.end();
    await settled();
    expect(decodeAll(...chunks)).toEqual(['answer']);
  });

  it('still receives when we have ended; what is sent then is reported at once, and nothing hangs', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    const recorded = record(handler);
    socket.end();
    expect(handler.sendMessage('late')).toBe(false);
    expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_CLOSED' })]);
    await expect(handler.send('late')).rejects.toMatchObject({ code: 'ERR_FRAME_CLOSED' });
    peer.resume();
    peer.end(frames(1));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'message', 'close']);
  });

  it('whose reading side was over before shows it', async () => {
    const [peer, socket] = socketPair({ allowHalfOpen: true });
    peer.end();
    socket.resume();
    await settled();
    const handler = new MessageHandler(socket);
    for await (const message of handler) expect.unreachable(`got ${String(message)}`);
    expect(handler.sendMessage(1)).toBe(true);
    socket.destroy();
  });
});

describe('sending to a connection that is gone', () => {
  it('never throws, so a loop over many connections goes on', async () => {
    const connections = Array.from({ length: 5 }, () => connect());
    connections[1]?.peer.destroy();
    connections[2]?.socket.destroy();
    connections[3]?.peer.end();
    await settled();
    expect(connections.map(({ handler }) => handler.sendMessage('all'))).toEqual([true, false, false, false, true]);
    for (const { socket } of connections) socket.destroy();
  });

  it('by send, unawaited, is no unhandled rejection, whatever it is refused for', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const { handler, socket } = connect();
    while (!socket.writableNeedDrain) handler.sendMessage('x'.repeat(10_000));
    void handler.send('waiting');
    void handler.send(1n);
    void handler.send('x'.repeat(2 ** 20));
    socket.destroy();
    void handler.send('gone');
    await settled();
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});

describe('a socket that was there before the handler', () => {
  it('gives what it had read already', async () => {
    const [peer, socket] = socketPair();
    peer.write(frames(1, 2));
    await settled();
    const handler = new MessageHandler(socket);
    const { messages } = record(handler);
    await settled();
    expect(messages).toEqual([1, 2]);
    socket.destroy();
  });

  it('begins to flow where it was paused, as pauseOnConnect leaves it', async () => {
    const [peer, socket] = socketPair();
    socket.pause();
    peer.write(frames(1));
    await settled();
    const { messages } = record(new MessageHandler(socket));
    await settled();
    expect(messages).toEqual([1]);
    socket.destroy();
  });

  it('may be connecting still: what is sent waits', () => {
    const socket = new Socket();
    const handler = new MessageHandler(socket);
    const { events } = record(handler);
    expect(handler.sendMessage(1)).toBe(true);
    expect(events).toEqual([]);
    socket.destroy();
  });
});
