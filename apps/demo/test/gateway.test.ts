import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createServer, type TCPServer } from '@verb-tcp/core';
import { MessageHandler } from '@verb-tcp/framing-json';
import { TCPStreamMultiplexer } from '@verb-tcp/mux';
import { TCPMessageServer } from '../src/servers/chat.js';
import { createGateway } from '../src/servers/gateway.js';
import { RawPeer } from './raw-peer.js';
import { TestLog } from './test-log.js';

const servers: TCPServer[] = [];
const clients: TCPStreamMultiplexer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const server of servers.splice(0)) await server.shutdown({ gracePeriod: 0 });
});

interface Gateway {
  port: number;
  chatPort: number;
  log: TestLog;
  app: TCPServer;
}

async function listen(): Promise<Gateway> {
  const log = new TestLog();
  const chat = createServer();
  const messages = new TCPMessageServer(chat, { log });
  const app = createGateway(messages, { log });
  servers.push(app, chat);
  const [{ port }, { port: chatPort }] = [await app.listen(0, '127.0.0.1'), await chat.listen(0, '127.0.0.1')];
  return { port, chatPort, log, app };
}

async function dial(port: number): Promise<TCPStreamMultiplexer> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const mux = new TCPStreamMultiplexer(socket, { role: 'client' });
  mux.on('error', () => {});
  clients.push(mux);
  return mux;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the mux gateway', () => {
  test('echoes on each of many streams of one connection', async () => {
    const { port, app } = await listen();
    const mux = await dial(port);
    const texts = await Promise.all(
      Array.from({ length: 20 }, (_, count) => {
        const stream = mux.openStream('echo');
        stream.end(`line ${count}`);
        return textOf(stream);
      }),
    );
    expect(texts).toEqual(Array.from({ length: 20 }, (_, count) => `Welcome to TCP server!\nEcho: line ${count}`));
    expect(app.connections.size).toBe(1);
  });

  test('makes each chat stream a client of its own, among those who have a connection', async () => {
    const { port, chatPort } = await listen();
    const mux = await dial(port);
    const [ana, bob] = [new MessageHandler(mux.openStream('chat')), new MessageHandler(mux.openStream('chat'))];
    const socket = connect(chatPort, '127.0.0.1');
    const cat = new MessageHandler(socket);
    const ids = [];
    for (const handler of [ana, bob, cat]) {
      handler.sendMessage({ type: 'whoami' });
      ids.push((await once(handler, 'message'))[0].id);
    }
    expect(new Set(ids).size).toBe(3);
    const heard = [bob, cat].map((handler) => once(handler, 'message'));
    ana.sendMessage({ type: 'broadcast', data: 'to all' });
    for (const [message] of await Promise.all(heard)) expect(message).toMatchObject({ type: 'broadcast', data: 'to all' });
    cat.sendMessage({ type: 'private', target: ids[1], data: 'psst' });
    expect((await once(bob, 'message'))[0]).toMatchObject({ from: ids[2], data: 'psst' });
    socket.destroy();
  });

  test('one stream that misbehaves ends alone', async () => {
    const { port, log } = await listen();
    const mux = await dial(port);
    const bad = mux.openStream('chat');
    const good = new MessageHandler(mux.openStream('chat'));
    bad.on('error', () => {});
    bad.resume().write('GET / HTTP/1.1\r\n\r\n');
    await new Promise<void>((resolve) => bad.once('close', resolve));
    await log.has(/dropped/);
    good.sendMessage({ type: 'ping' });
    expect((await once(good, 'message'))[0]).toMatchObject({ type: 'pong' });
  });

  test('refuses a stream of a type that nobody serves', async () => {
    const { port } = await listen();
    const mux = await dial(port);
    // Both ends know of each other what they speak once one answer has come.
    await once(mux.openStream('echo'), 'data');
    const stream = mux.openStream('files');
    await expect(once(stream.resume(), 'end')).rejects.toMatchObject({ muxCode: 'ERR_MUX_STREAM_REFUSED' });
  });

  test('the end of a connection ends all of its clients, and nobody else', async () => {
    const { port, log } = await listen();
    const [leaving, staying] = [await dial(port), await dial(port)];
    const other = new MessageHandler(staying.openStream('chat'));
    const handlers = [1, 2, 3].map(() => new MessageHandler(leaving.openStream('chat')));
    for (const handler of handlers) {
      handler.on('error', () => {});
      handler.sendMessage({ type: 'join_room', room: 'den' });
      handler.sendMessage({ type: 'ping' });
      await once(handler, 'message');
    }
    leaving.destroy();
    await log.has(/^Mux client .* disconnected$/);
    other.sendMessage({ type: 'room_members', room: 'den' });
    expect((await once(other, 'message'))[0]).toMatchObject({ members: [] });
    other.sendMessage({ type: 'stats' });
    expect((await once(other, 'message'))[0]).toMatchObject({ total: 1 });
  });

  test('a control frame that is none ends its connection, and one line says why', async () => {
    const { port, log } = await listen();
    const peer = await RawPeer.connect(port);
    peer.write('\0\0\0\0\0\0\0\x03{x}');
    await peer.ended;
    peer.socket.destroy();
    await log.has(/disconnected/);
    expect(log.lines.filter((line) => line.includes('dropped'))).toEqual([
      expect.stringMatching(/^Mux client 127\.0\.0\.1:\d+ dropped: [^\p{Cc}]+$/u),
    ]);
  });

  test('drains while streams are open', async () => {
    const { port, app } = await listen();
    const mux = await dial(port);
    const stream = mux.openStream('echo');
    stream.on('error', () => {});
    stream.write('early');
    await once(stream, 'data');
    const closed = new Promise<void>((resolve) => mux.once('close', resolve));
    await expect(app.shutdown({ gracePeriod: 5000 })).resolves.toMatchObject({ drained: 1, forced: 0 });
    await closed;
    expect(stream.destroyed).toBe(true);
  });
});
