import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { TCPServer } from '@verb-tcp/core';
import { createEchoServer } from '../src/servers/echo.js';
import { RawPeer } from './raw-peer.js';
import { TestLog } from './test-log.js';

const WELCOME = 'Welcome to TCP server!\n';
const servers: TCPServer[] = [];

async function listen(): Promise<{ port: number; log: TestLog; app: TCPServer }> {
  const log = new TestLog();
  const app = createEchoServer(log);
  servers.push(app);
  const { port } = await app.listen(0, '127.0.0.1');
  return { port, log, app };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown({ gracePeriod: 0 });
});

describe('the echo server', () => {
  test('sends the bytes and logs the lines of the first listing', async () => {
    const { port, log } = await listen();
    using peer = await RawPeer.connect(port);
    await peer.gets(/\n/);
    peer.write('hello\n');
    await peer.gets(/hello\n/);
    peer.write('again\n');
    await peer.gets(/again\n/);
    expect(peer.received).toBe(`${WELCOME}Echo: hello\nEcho: again\n`);
    peer.socket.end();
    await peer.closed;
    await log.has(/disconnected/);
    expect(log.lines).toEqual([
      `TCP server listening on port ${port}`,
      `Client connected: ${peer.id}`,
      'Received: hello',
      'Received: again',
      'Client disconnected',
    ]);
  });

  test('gives every byte back as it came, also where it is no text', async () => {
    const { port } = await listen();
    using peer = await RawPeer.connect(port);
    await peer.gets(/\n/);
    const bytes = Buffer.from([0xc3, 0x00, 0xff, 0xa9, 0x80]);
    peer.write(bytes);
    await peer.gets(/\x80$/);
    expect(peer.received).toBe(`${WELCOME}Echo: ${bytes.toString('latin1')}`);
  });

  test('logs one short and harmless line for each chunk', async () => {
    const { port, log } = await listen();
    using peer = await RawPeer.connect(port);
    peer.write('\x1b[2J\nClient connected: nobody\n');
    await log.has(/Received/);
    expect(log.lines.at(-1)).toBe('Received: \\x1b[2J\\nClient connected: nobody');
    peer.write('x'.repeat(30_000));
    await log.has(/Received: x/);
    expect(log.lines.at(-1)?.length).toBeLessThan(250);
  });

  test('holds little for a peer that sends and never reads, and serves it once it does', async () => {
    const { port, app } = await listen();
    using peer = await RawPeer.connect(port);
    await peer.gets(/\n/);
    peer.socket.pause();
    // Past what the system buffers on the way, the server has to stop reading.
    const size = 64 * 1024 * 1024;
    peer.socket.write(Buffer.alloc(size, 'x'));
    const [socket] = app.connections;
    while (!socket?.isPaused()) await once(socket!, 'pause');
    expect(socket.writableLength).toBeLessThan(256 * 1024);

    let echoed = 0;
    peer.socket.on('data', (data) => {
      for (const character of data.toString()) if (character === 'x') echoed++;
      peer.received = '';
    });
    peer.socket.resume();
    while (echoed < size) await once(peer.socket, 'data');
    expect(echoed).toBe(size);
  });

  test('survives a peer that resets, and logs it in one line', async () => {
    const { port, log } = await listen();
    const peer = await RawPeer.connect(port);
    await peer.gets(/\n/);
    peer.socket.resetAndDestroy();
    await log.has(/Socket error: read ECONNRESET/);
    using next = await RawPeer.connect(port);
    await next.gets(/\n/);
    expect(next.received).toBe(WELCOME);
  });

  test('says nothing more once it drains, whatever still comes', async () => {
    const { port, app, log } = await listen();
    using peer = await RawPeer.connect(port);
    await peer.gets(/\n/);
    const drained = app.shutdown({ gracePeriod: 10_000 });
    await once(peer.socket, 'end');
    peer.write('late\n');
    await log.has(/Received: late/);
    peer.socket.end();
    await expect(drained).resolves.toMatchObject({ drained: 1, forced: 0 });
    expect(peer.received).toBe(WELCOME);
    expect(log.lines.filter((line) => line.includes('error'))).toEqual([]);
  });
});
