// Two packages at once: servers of `core` whose connections speak through `framing-json`, over real sockets.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createServer, TCPServerManager, type Disconnection, type TCPServer } from '@verb-tcp/core';
import { MessageHandler } from '@verb-tcp/framing-json';
import { ChatPeer } from './chat-peer.js';
import { RawPeer } from './raw-peer.js';

const servers: TCPServer[] = [];

function server(): TCPServer {
  const app = createServer();
  servers.push(app);
  return app;
}

/** How the next connection that ends went. */
function disconnection(app: TCPServer): Promise<Disconnection> {
  return new Promise((resolve) => {
    app.withOptions({ tcp: { onDisconnect: (_, end) => resolve(end) } });
  });
}

afterEach(async () => {
  for (const app of servers.splice(0)) await app.shutdown({ gracePeriod: 0 });
});

describe('messages over a server of core', () => {
  test('go both ways, also where the socket gives text', async () => {
    const app = server().withOptions({
      tcp: {
        onConnection: (socket) => {
          socket.setEncoding('utf8');
          const handler = new MessageHandler(socket);
          handler.on('message', (message) => handler.sendMessage({ echo: message }));
        },
      },
    });
    const { port } = await app.listen(0, '127.0.0.1');
    await using peer = await ChatPeer.connect(port);
    peer.send({ text: 'Grüße, 日本語 😀' });
    expect(await peer.next()).toEqual({ echo: { text: 'Grüße, 日本語 😀' } });
  });

  test('hold a fast sender back where an iterator is slow, and lose nothing', async () => {
    const received: number[] = [];
    let take = (): void => {};
    let onPause: (socket: Socket) => void = () => {};
    const paused = new Promise<Socket>((resolve) => (onPause = resolve));
    const app = server().withOptions({
      tcp: {
        onConnection: async (socket) => {
          socket.once('pause', () => onPause(socket));
          for await (const { count } of new MessageHandler<{ count: number }>(socket)) {
            if (received.push(count) === 1) await new Promise<void>((resolve) => (take = resolve));
          }
        },
      },
    });
    const { port } = await app.listen(0, '127.0.0.1');
    await using peer = await ChatPeer.connect(port);
    const padding = 'x'.repeat(10_000);
    for (let count = 0; count < 5000; count++) peer.send({ count, padding });
    const socket = await paused;
    // 64 messages wait, one is being read, and what had been read with them.
    expect(socket.bytesRead).toBeLessThan(65 * 10_100 + 3 * 64 * 1024);
    take();
    const ended = once(socket, 'close');
    peer.socket.end();
    await ended;
    expect(received).toEqual(Array.from({ length: 5000 }, (_, count) => count));
  });

  test('a listener that throws ends its own connection, and the server says how it went', async () => {
    const app = server().withOptions({
      tcp: {
        onConnection: (socket) => {
          new MessageHandler(socket).on('message', () => {
            throw new Error('cannot');
          });
        },
      },
    });
    const ended = disconnection(app);
    const { port } = await app.listen(0, '127.0.0.1');
    await using bystander = await ChatPeer.connect(port);
    await using peer = await ChatPeer.connect(port);
    peer.send({});
    expect((await ended).reason?.message).toBe('cannot');
    await peer.closed;
    expect(bystander.socket.destroyed).toBe(false);
    expect(app.stats()).toMatchObject({ accepted: 2, open: 1 });
  });

  test('bytes that are no message end the connection with the code as its reason', async () => {
    const app = server().withOptions({
      tcp: {
        onConnection: (socket) => void new MessageHandler(socket),
      },
    });
    const ended = disconnection(app);
    const { port } = await app.listen(0, '127.0.0.1');
    using peer = await RawPeer.connect(port);
    peer.write('GET / HTTP/1.1\r\n\r\n');
    await peer.ended;
    expect(await ended).toMatchObject({ reason: { code: 'ERR_FRAME_HEADER_INVALID', looksLike: 'http' } });
  });

  test('give way to another protocol with every byte in place', async () => {
    const app = server().withOptions({
      tcp: {
        onConnection: (socket) => {
          const handler = new MessageHandler(socket);
          handler.on('message', () => {
            handler.sendMessage({ go: 'raw' });
            handler.detach();
            socket.on('data', (data) => socket.write(data));
            socket.resume();
          });
        },
      },
    });
    const { port } = await app.listen(0, '127.0.0.1');
    using peer = await RawPeer.connect(port);
    peer.write('16\n{"upgrade":true}raw bytes\x00');
    await peer.gets(/bytes.$/s);
    expect(peer.received).toBe('12\n{"go":"raw"}raw bytes\x00');
  });
});

describe('a drain', () => {
  test('tells handlers by a message of its own, behind everything sent before', async () => {
    const app = server().withOptions({
      tcp: {
        onConnection: (socket) => {
          const handler = new MessageHandler(socket);
          for (let count = 0; count < 1000; count++) handler.sendMessage({ count });
        },
      },
    });
    const { port } = await app.listen(0, '127.0.0.1');
    const manager = new TCPServerManager(app, { gracePeriod: 10_000, signals: [], exit: false });
    await using peer = await ChatPeer.connect(port);
    await peer.next();
    const drained = manager.gracefulShutdown();
    for (let count = 1; count < 1000; count++) expect(await peer.next()).toEqual({ count });
    expect(await peer.next()).toEqual({
      type: 'server_shutdown',
      message: 'Server is shutting down',
      gracePeriod: 10_000,
    });
    peer.socket.end();
    await expect(drained).resolves.toMatchObject({ drained: 1, forced: 0, unflushedBytes: 0 });
  });
});
