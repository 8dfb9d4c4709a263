import { afterEach, describe, expect, test } from 'vitest';
import { createServer, type TCPServer } from '@verb-tcp/core';
import { limitAddresses, type AddressLimitOptions } from '../src/servers/address-limit.js';
import { TCPMessageServer } from '../src/servers/chat.js';
import { createEchoServer } from '../src/servers/echo.js';
import { RawPeer } from './raw-peer.js';
import { TestLog } from './test-log.js';

const servers: TCPServer[] = [];

async function listen(app: TCPServer, log: TestLog, limits: AddressLimitOptions): Promise<number> {
  servers.push(app);
  limitAddresses(app, 'here', { log, ...limits });
  return (await app.listen(0, '127.0.0.1')).port;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown({ gracePeriod: 0 });
});

describe('the limit of an address', () => {
  test('refuses one connection too many in one line, and takes the next one when one has gone', async () => {
    const log = new TestLog();
    const port = await listen(createEchoServer(new TestLog()), log, { maxAtOnce: 2 });
    const first = await RawPeer.connect(port);
    using second = await RawPeer.connect(port);
    await Promise.all([first.gets(/Welcome/), second.gets(/Welcome/)]);
    using third = await RawPeer.connect(port);
    await third.ended;
    expect(third.received).toBe('');
    expect(log.lines).toEqual(['Refused 127.0.0.1 (here): it has 2 connections already']);

    // The place is free when the server has seen the end, which is before ours.
    first.socket.end();
    await first.closed;
    using fourth = await RawPeer.connect(port);
    await fourth.gets(/Welcome/);
  });

  test('counts what is opened in a minute, also where it is closed at once', async () => {
    const log = new TestLog();
    const chat = createServer();
    new TCPMessageServer(chat, { log: new TestLog() });
    const port = await listen(chat, log, { maxPerMinute: 3 });
    for (let count = 0; count < 3; count++) {
      using peer = await RawPeer.connect(port);
      peer.write('15\n{"type":"ping"}');
      await peer.gets(/pong/);
    }
    using peer = await RawPeer.connect(port);
    await peer.ended;
    expect(log.lines).toEqual(['Refused 127.0.0.1 (here): it opened 3 connections within a minute']);
  });

  test('says little where much is refused', async () => {
    const log = new TestLog();
    const port = await listen(createEchoServer(new TestLog()), log, { maxAtOnce: 1 });
    using held = await RawPeer.connect(port);
    await held.gets(/Welcome/);
    for (let count = 0; count < 50; count++) {
      using peer = await RawPeer.connect(port);
      await peer.ended;
    }
    expect(log.lines.length).toBeLessThan(10);
  });

  test('by default bothers nobody who opens 90 at a time', async () => {
    const log = new TestLog();
    const port = await listen(createEchoServer(new TestLog()), log, {});
    const peers = await Promise.all(Array.from({ length: 90 }, () => RawPeer.connect(port)));
    await Promise.all(peers.map((peer) => peer.gets(/Welcome/)));
    for (const peer of peers) peer.socket.destroy();
    expect(log.lines).toEqual([]);
  });
});
