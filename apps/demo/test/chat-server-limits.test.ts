import { afterEach, describe, expect, test } from 'vitest';
import { createServer, type TCPServer } from '@verb-tcp/core';
import { corpus } from '@verb-tcp/testing';
import { TCPMessageServer } from '../src/servers/chat.js';
import { ChatPeer } from './chat-peer.js';
import { RawPeer } from './raw-peer.js';
import { TestLog } from './test-log.js';

const MIB = 1024 * 1024;
const servers: TCPServer[] = [];

async function listen(): Promise<{ port: number; log: TestLog; app: TCPServer }> {
  const log = new TestLog();
  const app = createServer();
  new TCPMessageServer(app, { log });
  servers.push(app);
  const { port } = await app.listen(0, '127.0.0.1');
  return { port, log, app };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown({ gracePeriod: 0 });
});

const malformed = [...corpus.json.map((entry) => ({ ...entry, name: `frame: ${entry.name}` })), ...corpus.foreign];

describe('a peer that sends no messages', () => {
  test.each(malformed)('$name: its connection ends, one line says why, and nobody else notices', async ({ bytes }) => {
    const { port, log } = await listen();
    const ana = await ChatPeer.connect(port);
    await ana.settled();
    const peer = await RawPeer.connect(port);
    peer.socket.end(bytes);
    await peer.closed;
    const line = await log.has(/dropped/);
    expect(line).toMatch(/^Client 127\.0\.0\.1:\d+ dropped: [^\p{Cc}]+$/u);
    expect(log.lines.filter((candidate) => candidate.includes('dropped')).length).toBe(1);
    expect(await ana.settled()).toEqual([]);
    await ana[Symbol.asyncDispose]();
  });

  test('is told what a message looks like, since it may be a person', async () => {
    const { port } = await listen();
    using peer = await RawPeer.connect(port);
    peer.write('hello\n');
    await peer.ended;
    const [, length, json = ''] = /^(\d+)\n(.*)$/.exec(peer.received) ?? [];
    expect(Number(length)).toBe(json.length);
    expect(JSON.parse(json)).toEqual({ type: 'error', message: expect.stringMatching(/^header has .* length in decimal/) });
  });
});

describe('data that would hurt its readers', () => {
  test('is not passed on where it is too large with the fields around it', async () => {
    const { port } = await listen();
    const ana = await ChatPeer.connect(port);
    const bob = await ChatPeer.connect(port);
    await bob.settled();
    const frame = (json: string): string => `${json.length}\n${json}`;
    using peer = await RawPeer.connect(port);
    const around = '{"type":"broadcast","data":""}'.length;
    peer.write(frame(`{"type":"broadcast","data":"${'x'.repeat(MIB - around)}"}`));
    await peer.gets(/data is too large/);
    peer.write(frame(`{"type":"broadcast","data":"${'x'.repeat(MIB - 200)}"}`));
    expect(await ana.next()).toMatchObject({ type: 'broadcast' });
    expect(await bob.next()).toMatchObject({ type: 'broadcast' });
  });

  test('is not passed on where it is nested too deep to be written again', async () => {
    const { port } = await listen();
    await using ana = await ChatPeer.connect(port);
    using peer = await RawPeer.connect(port);
    const json = `{"type":"broadcast","data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    peer.write(`${json.length}\n${json}`);
    await peer.gets(/nested too deep/);
    expect(await ana.settled()).toEqual([]);
  });
});

describe('a member that does not read', () => {
  test('is cut once more than 1 MiB waits for it, the log says so, and the others lose nothing', async () => {
    const { port, log, app } = await listen();
    await using ana = await ChatPeer.connect(port);
    await using bob = await ChatPeer.connect(port);
    await bob.settled();
    const stalled = await RawPeer.connect(port);
    stalled.socket.pause();
    await ana.settled();

    const data = 'x'.repeat(64 * 1024);
    let sent = 0;
    let largest = 0;
    while (!log.lines.some((line) => line.includes('cut'))) {
      ana.send({ type: 'broadcast', data });
      sent++;
      expect(await bob.next()).toMatchObject({ data });
      for (const socket of app.connections) largest = Math.max(largest, socket.writableLength);
      expect(sent).toBeLessThan(2000);
    }
    expect(largest).toBeLessThan(2 * MIB);
    expect(await log.has(/cut/)).toBe(
      `Client ${stalled.id} cut: it does not read, and ${/(\d+) bytes/.exec(await log.has(/cut/))?.[1]} bytes wait for it`,
    );
    await log.has(new RegExp(`Client ${stalled.id} disconnected`));
    expect(await bob.settled()).toEqual([]);
    expect(app.connections.size).toBe(2);
    stalled.socket.destroy();
  });

  test('is cut as well where it asks and never reads the answers', async () => {
    const { port, log } = await listen();
    const peer = await RawPeer.connect(port);
    peer.socket.pause();
    const pings = '15\n{"type":"ping"}'.repeat(10_000);
    while (!log.lines.some((line) => line.includes('cut')) && !peer.socket.destroyed) {
      const hasRoom = peer.socket.write(pings);
      if (!hasRoom) await Promise.race([new Promise((resolve) => peer.socket.once('drain', resolve)), peer.closed]);
    }
    expect(await log.has(/cut: it does not read/)).toContain(peer.id);
    peer.socket.destroy();
  });

  test('is not what a busy member is: a burst of 10 000 messages reaches everybody whole and in order', async () => {
    const { port } = await listen();
    const ana = await ChatPeer.connect(port);
    const others = await Promise.all([1, 2, 3].map(() => ChatPeer.connect(port)));
    for (const peer of others) await peer.settled();
    for (let count = 0; count < 10_000; count++) ana.send({ type: 'broadcast', data: count });
    await ana.settled();
    for (const peer of others) {
      const messages = (await peer.settled()) as { data: number }[];
      expect(messages.map(({ data }) => data)).toEqual(Array.from({ length: 10_000 }, (_, count) => count));
    }
  });
});
