import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { TCPServer } from '@verb-tcp/core';
import { BinaryProtocolHandler, encodeFrame } from '@verb-tcp/framing-binary';
import { corpus } from '@verb-tcp/testing';
import { createBinaryEchoServer } from '../src/servers/binary-echo.js';
import { RawPeer } from './raw-peer.js';
import { TestLog } from './test-log.js';

const HEARTBEAT = '\0\x01\0\0\0\0\0\0';
const ANSWER = '\0\x02\0\0\0\x04\0\0pong';
const servers: TCPServer[] = [];

async function listen(heartbeatInterval?: number): Promise<{ port: number; log: TestLog; app: TCPServer }> {
  const log = new TestLog();
  const app = createBinaryEchoServer({ log, heartbeatInterval });
  servers.push(app);
  const { port } = await app.listen(0, '127.0.0.1');
  return { port, log, app };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown({ gracePeriod: 0 });
});

// This server knows every type and flag.
const malformed = corpus.binary.filter(({ code }) => code === 'ERR_FRAME_TOO_LARGE' || code === 'ERR_FRAME_TRUNCATED');

describe('the binary echo server', () => {
  test('answers a heartbeat, and gives messages back with their type, flags and payload', async () => {
    const { port, log } = await listen();
    using peer = await RawPeer.connect(port);
    const data = '\0\x10\0\0\0\x03\xab\xcd\0\xff\n';
    const other = '\x7f\xff\0\0\0\0\0\x01';
    peer.write(Buffer.from(HEARTBEAT + data + other + data, 'latin1'));
    peer.socket.end();
    await peer.closed;
    expect(peer.received).toBe(ANSWER + data + other + data);
    await log.has(/disconnected/);
    expect(log.lines).toEqual([`Binary client ${peer.id} connected`, `Binary client ${peer.id} disconnected`]);
  });

  test('gives everything back to one who says it all, ends, and reads late', async () => {
    const { port, app } = await listen();
    using peer = await RawPeer.connect(port);
    peer.socket.pause();
    const frames = Array.from({ length: 64 }, (_, count) => encodeFrame(0x10, Buffer.alloc(256 * 1024, count), count));
    for (const frame of frames) peer.write(frame);
    peer.socket.end();
    const [socket] = app.connections;
    while (socket?.isPaused() === false) await once(socket, 'pause');
    expect(socket?.writableLength).toBeLessThan(1024 * 1024);
    peer.socket.resume();
    await peer.closed;
    expect(peer.received.length).toBe(64 * (256 * 1024 + 8));
    expect(Buffer.from(peer.received, 'latin1').equals(Buffer.concat(frames))).toBe(true);
  });

  test('owes nothing to one who ended while the answers were stuck', async () => {
    const { port, app, log } = await listen();
    using peer = await RawPeer.connect(port);
    peer.socket.pause();
    await log.has(/connected/);
    const [socket] = app.connections;
    const frames: Uint8Array[] = [];
    let sent = 0;
    const send = (payloadBytes: number): void => {
      const frame = encodeFrame(0x10, Buffer.alloc(payloadBytes, frames.length));
      frames.push(frame);
      sent += frame.length;
      peer.write(frame);
    };
    while (socket?.writableNeedDrain === false) {
      send(64 * 1024);
      while (socket.bytesRead < sent) await new Promise((resolve) => setImmediate(resolve));
    }
    for (let count = 0; count < 10; count++) send(10);
    peer.socket.end();
    await once(socket!, 'end');
    peer.socket.resume();
    await peer.closed;
    expect(Buffer.from(peer.received, 'latin1').equals(Buffer.concat(frames))).toBe(true);
  });

  test('sends heartbeats, keeps who answers them, and cuts who does not', async () => {
    const { port, log } = await listen(50);
    using dead = await RawPeer.connect(port);
    using living = await RawPeer.connect(port);
    living.socket.on('data', () => living.write(Buffer.from('\0\x02\0\0\0\x04\0\0pong', 'latin1')));
    await dead.ended;
    expect(dead.received.replaceAll(HEARTBEAT, '')).toBe('');
    expect(dead.received).not.toBe('');
    await log.has(/dropped: the peer is dead/);
    expect(log.lines.filter((line) => line.includes('dropped')).length).toBe(1);
    expect(log.lines.find((line) => line.includes('dropped'))).toContain(dead.id);
    expect(living.socket.destroyed).toBe(false);
  });

  test.each(malformed)('$name: the connection ends, one line says why, and nobody else notices', async ({ bytes }) => {
    const { port, log } = await listen();
    using other = await RawPeer.connect(port);
    const peer = await RawPeer.connect(port);
    peer.socket.end(bytes);
    await peer.closed;
    await log.has(/dropped/);
    expect(log.lines.filter((line) => line.includes('dropped'))).toEqual([
      expect.stringMatching(/^Binary client 127\.0\.0\.1:\d+ dropped: [^\p{Cc}]+$/u),
    ]);
    other.write(Buffer.from(HEARTBEAT, 'latin1'));
    await other.gets(/pong$/);
  });

  test('says nothing more once it drains, whatever still comes', async () => {
    const { port, app, log } = await listen();
    using peer = await RawPeer.connect(port);
    peer.write(encodeFrame(0x10, Buffer.from('early')));
    await peer.gets(/early/);
    const drained = app.shutdown({ gracePeriod: 10_000 });
    await once(peer.socket, 'end');
    for (let count = 0; count < 200; count++) peer.write(encodeFrame(0x10, Buffer.from('late')));
    peer.socket.end();
    await expect(drained).resolves.toMatchObject({ drained: 1, forced: 0 });
    expect(peer.received).not.toContain('late');
    expect(log.lines.filter((line) => line.includes('dropped'))).toEqual([]);
  });

  test('is understood by a handler at the other end', async () => {
    const { port } = await listen(20);
    const socket = connect(port, '127.0.0.1');
    const handler = new BinaryProtocolHandler(socket);
    await once(handler, 'heartbeat');
    await handler.send(0x10, Buffer.from('hi'), 7);
    const [message] = await once(handler, 'data');
    expect(message).toMatchObject({ type: 0x10, flags: 7, payload: Buffer.from('hi') });
    socket.destroy();
  });
});
