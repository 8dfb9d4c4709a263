import { afterEach, describe, expect, test } from 'vitest';
import { createServer, type TCPServer } from '@verb-tcp/core';
import { TCPMessageServer } from '../src/servers/chat.js';
import { ChatPeer } from './chat-peer.js';
import { freePort } from './free-port.js';
import { RawPeer } from './raw-peer.js';
import { TestLog } from './test-log.js';

const timestamp = expect.any(Number);
const servers: TCPServer[] = [];

async function listen(host = '127.0.0.1'): Promise<{ port: number; log: TestLog; app: TCPServer }> {
  const log = new TestLog();
  const app = createServer();
  new TCPMessageServer(app, { log });
  servers.push(app);
  const { port } = await app.listen(0, host);
  return { port, log, app };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.shutdown({ gracePeriod: 0 });
});

/** Clients that the server knows: each has had an answer. */
async function clients(port: number, count: number): Promise<ChatPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => ChatPeer.connect(port)));
  for (const peer of peers) await peer.settled();
  return peers;
}

describe('frames written by hand', () => {
  test.each([
    ['a ping', '15\n{"type":"ping"}', /^(\d+)\n(\{"type":"pong","timestamp":\d{13}\})$/],
    ['a ping typed into nc, line end included', '16\n{"type":"ping"}\n', /^(\d+)\n(\{"type":"pong","timestamp":\d{13}\})$/],
    ['a whoami', '17\n{"type":"whoami"}', /^(\d+)\n(\{"type":"whoami","id":"127\.0\.0\.1:\d+"\})$/],
    ['an unknown type', '16\n{"type":"dance"}', /^(\d+)\n(\{"type":"error","message":"Unknown message type: dance"\})$/],
  ])('%s is answered with the documented bytes', async (_, frame, answer) => {
    const { port } = await listen();
    using peer = await RawPeer.connect(port);
    peer.write(frame);
    const [, length, json = ''] = await peer.gets(answer);
    expect(Number(length)).toBe(json.length);
  });

  test('broadcast, private and room notices have the documented bytes and no other key', async () => {
    const { port } = await listen();
    using ana = await RawPeer.connect(port);
    using bob = await RawPeer.connect(port);
    const send = (peer: RawPeer, json: string): void => peer.write(`${Buffer.byteLength(json)}\n${json}`);
    send(bob, '{"type":"whoami"}');
    const [, bobId = ''] = await bob.gets(/"id":"([^"]+)"/);
    expect(bobId).toBe(bob.id);

    send(ana, '{"type":"broadcast","data":{"é":1}}');
    await bob.gets(/\d+\n\{"type":"broadcast","data":\{"\xc3\xa9":1\},"timestamp":\d{13}\}$/);
    send(ana, `{"type":"private","target":"${bobId}","data":"psst"}`);
    await bob.gets(new RegExp(`\\d+\\n\\{"type":"private","from":"${ana.id}","data":"psst","timestamp":\\d{13}\\}$`));
    send(bob, '{"type":"join_room","room":"den"}');
    send(bob, '{"type":"ping"}');
    await bob.gets(/"pong"/);
    send(ana, '{"type":"join_room","room":"den"}');
    await bob.gets(new RegExp(`\\d+\\n\\{"type":"user_joined","connectionId":"${ana.id}","room":"den","timestamp":\\d{13}\\}$`));
    send(ana, '{"type":"leave_room","room":"den"}');
    await bob.gets(new RegExp(`\\d+\\n\\{"type":"user_left","connectionId":"${ana.id}","room":"den","timestamp":\\d{13}\\}$`));
    expect(ana.received).toBe('');
    send(ana, '{"type":"room_members","room":"den"}');
    await ana.gets(new RegExp(`^\\d+\\n\\{"type":"room_members","room":"den","members":\\["${bobId}"\\]\\}$`));
    ana.received = '';
    send(ana, '{"type":"stats"}');
    const numbers = '"uptime":\\d+,"lastActivity":\\d+,"bytesReceived":\\d+,"bytesSent":\\d+';
    await ana.gets(
      new RegExp(
        `^\\d+\\n\\{"type":"stats","total":2,"connections":\\[\\{"id":"${ana.id}",${numbers}\\},\\{"id":"${bobId}",${numbers}\\}\\]\\}$`,
      ),
    );
  });
});

describe('messages', () => {
  test('a broadcast reaches everybody else and not its sender', async () => {
    const { port } = await listen();
    const [ana, bob, cem] = (await clients(port, 3)) as [ChatPeer, ChatPeer, ChatPeer];
    ana.send({ type: 'broadcast', data: { text: 'hi' } });
    expect(await bob.next()).toEqual({ type: 'broadcast', data: { text: 'hi' }, timestamp });
    expect(await cem.next()).toEqual({ type: 'broadcast', data: { text: 'hi' }, timestamp });
    expect(await ana.settled()).toEqual([]);
  });

  test('a private message reaches its target alone, also oneself', async () => {
    const { port } = await listen();
    const [ana, bob, cem] = (await clients(port, 3)) as [ChatPeer, ChatPeer, ChatPeer];
    ana.send({ type: 'private', target: bob.id, data: 1 });
    ana.send({ type: 'private', target: ana.id, data: 2 });
    expect(await bob.next()).toEqual({ type: 'private', from: ana.id, data: 1, timestamp });
    expect(await ana.settled()).toEqual([{ type: 'private', from: ana.id, data: 2, timestamp }]);
    expect(await cem.settled()).toEqual([]);
  });

  test('a private message to nobody is answered with an error', async () => {
    const { port } = await listen();
    const [ana] = (await clients(port, 1)) as [ChatPeer];
    ana.send({ type: 'private', target: '127.0.0.1:1', data: 1 });
    expect(await ana.next()).toEqual({ type: 'error', message: 'Unknown target: 127.0.0.1:1' });
  });

  test.each<[unknown, string]>([
    [{ type: 'dance' }, 'Unknown message type: dance'],
    [{}, 'Unknown message type: undefined'],
    [{ type: null }, 'Unknown message type: null'],
    [{ type: 7 }, 'Unknown message type: 7'],
    [{ type: { toString: 1 } }, 'Unknown message type: object'],
    [{ type: { a: 1 } }, 'Unknown message type: [object Object]'],
    [{ type: ['a', 'b'] }, 'Unknown message type: a,b'],
    [{ type: 'x'.repeat(500) }, `Unknown message type: ${'x'.repeat(200)}…`],
    [null, 'Unknown message type: undefined'],
    [42, 'Unknown message type: undefined'],
    ['text', 'Unknown message type: undefined'],
    [[], 'Unknown message type: undefined'],
    [{ type: 'broadcast' }, 'broadcast needs "data"'],
    [{ type: 'private', data: 1 }, 'private needs "target", a string'],
    [{ type: 'private', target: 5, data: 1 }, 'private needs "target", a string'],
    [{ type: 'private', target: 'a' }, 'private needs "data"'],
    [{ type: 'join_room' }, 'join_room needs "room", a string of 1 to 64 characters'],
    [{ type: 'join_room', room: '' }, 'join_room needs "room", a string of 1 to 64 characters'],
    [{ type: 'join_room', room: 'x'.repeat(65) }, 'join_room needs "room", a string of 1 to 64 characters'],
    [{ type: 'leave_room', room: {} }, 'leave_room needs "room", a string of 1 to 64 characters'],
    [{ type: 'room_members' }, 'room_members needs "room", a string of 1 to 64 characters'],
    [{ type: 'room_message', room: 'den' }, 'room_message needs "data"'],
    [{ type: 'room_message', room: 'den', data: 1 }, 'Not in room: den'],
  ])('%j is answered with an error, and the next message is served', async (message, answer) => {
    const { port } = await listen();
    const [ana] = (await clients(port, 1)) as [ChatPeer];
    ana.send(message);
    expect(await ana.settled()).toEqual([{ type: 'error', message: answer }]);
  });
});

describe('ids', () => {
  test('are address and port as the server sees them, over IPv6 too', async (context) => {
    const log = new TestLog();
    const app = createServer();
    new TCPMessageServer(app, { log });
    servers.push(app);
    const address = await app.listen(0, '::1').catch(() => undefined);
    if (address === undefined) return context.skip('this machine has no IPv6');
    using peer = await RawPeer.connect(address.port, { host: '::1' });
    peer.write('17\n{"type":"whoami"}');
    const [, id] = await peer.gets(/"id":"([^"]+)"/);
    expect(id).toBe(`::1:${peer.socket.localPort}`);
  });

  test('are an IPv4 address also where the server listens on IPv6', async (context) => {
    const log = new TestLog();
    const app = createServer();
    new TCPMessageServer(app, { log });
    servers.push(app);
    const address = await app.listen(0, '::').catch(() => undefined);
    if (address === undefined) return context.skip('this machine has no IPv6');
    await using peer = await ChatPeer.connect(address.port);
    peer.send({ type: 'whoami' });
    peer.send({ type: 'stats' });
    expect(await peer.next()).toEqual({ type: 'whoami', id: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
    expect(await peer.next()).toMatchObject({ connections: [{ id: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }] });
  });

  test('stay unique where one address and port reach two addresses of ours', async () => {
    const { port, log } = await listen('0.0.0.0');
    const from = { localAddress: '127.0.0.1', localPort: await freePort() };
    using first = await RawPeer.connect(port, { host: '127.0.0.1', ...from });
    await log.has(/connected/);
    using second = await RawPeer.connect(port, { host: '127.0.0.2', ...from });
    second.write('17\n{"type":"whoami"}');
    const [, id] = await second.gets(/"id":"([^"]+)"/);
    expect(id).toBe(`${first.id}#2`);
    first.write('17\n{"type":"whoami"}');
    await first.gets(new RegExp(`"id":"${first.id}"`));
  });
});

describe('rooms', () => {
  test('tell those already there who joins and leaves, and carry messages between members', async () => {
    const { port } = await listen();
    const [ana, bob, cem] = (await clients(port, 3)) as [ChatPeer, ChatPeer, ChatPeer];
    ana.send({ type: 'join_room', room: 'den' });
    expect(await ana.settled()).toEqual([]);
    bob.send({ type: 'join_room', room: 'den' });
    bob.send({ type: 'join_room', room: 'den' });
    expect(await bob.settled()).toEqual([]);
    bob.send({ type: 'room_message', room: 'den', data: 'hi' });
    bob.send({ type: 'leave_room', room: 'den' });
    bob.send({ type: 'leave_room', room: 'den' });
    expect(await bob.settled()).toEqual([]);
    expect(await ana.settled()).toEqual([
      { type: 'user_joined', connectionId: bob.id, room: 'den', timestamp },
      { type: 'room_message', room: 'den', data: 'hi', timestamp },
      { type: 'user_left', connectionId: bob.id, room: 'den', timestamp },
    ]);
    expect(await cem.settled()).toEqual([]);
  });

  test('tell those who stay when a connection ends', async () => {
    const { port } = await listen();
    const [ana, bob] = (await clients(port, 2)) as [ChatPeer, ChatPeer];
    const { id } = bob;
    ana.send({ type: 'join_room', room: 'den' });
    await ana.settled();
    bob.send({ type: 'join_room', room: 'den' });
    await bob.settled();
    bob.socket.destroy();
    await ana.next();
    expect(await ana.next()).toEqual({ type: 'user_left', connectionId: id, room: 'den', timestamp });
  });

  test('tell anybody who is in, in the order of joining', async () => {
    const { port } = await listen();
    const [ana, bob, cem] = (await clients(port, 3)) as [ChatPeer, ChatPeer, ChatPeer];
    cem.send({ type: 'join_room', room: 'den' });
    await cem.settled();
    ana.send({ type: 'join_room', room: 'den' });
    await ana.settled();
    for (const room of ['den', 'attic']) bob.send({ type: 'room_members', room });
    expect(await bob.settled()).toEqual([
      { type: 'room_members', room: 'den', members: [cem.id, ana.id] },
      { type: 'room_members', room: 'attic', members: [] },
    ]);
  });

  test('are at most 100 for each client', async () => {
    const { port } = await listen();
    const [ana] = (await clients(port, 1)) as [ChatPeer];
    for (let count = 0; count < 101; count++) ana.send({ type: 'join_room', room: `r${count}` });
    expect(await ana.settled()).toEqual([
      { type: 'error', message: 'Too many rooms: leave one before you join r100' },
    ]);
  });
});

describe('numbers', () => {
  test('count every byte, from the first one, and take none from its reader', async () => {
    const { port } = await listen();
    using peer = await RawPeer.connect(port);
    const ping = '15\n{"type":"ping"}';
    peer.write(ping);
    await peer.gets(/"pong"/);
    const got = peer.received.length;
    const asked = '16\n{"type":"stats"}';
    peer.write(asked);
    const [, json = ''] = await peer.gets(/\d+\n(\{"type":"stats".*\})$/);
    expect(JSON.parse(json)).toMatchObject({
      total: 1,
      connections: [{ id: peer.id, bytesReceived: ping.length + asked.length, bytesSent: got }],
    });
  });

  test('forget who is gone', async () => {
    const { port, log } = await listen();
    const [ana, bob] = (await clients(port, 2)) as [ChatPeer, ChatPeer];
    bob.socket.destroy();
    await log.has(/disconnected/);
    ana.send({ type: 'stats' });
    expect(await ana.next()).toMatchObject({ total: 1, connections: [{ id: ana.id }] });
  });
});

test('the log says who comes and goes', async () => {
  const { port, log } = await listen();
  const [ana] = (await clients(port, 1)) as [ChatPeer];
  const { id } = ana;
  ana.socket.end();
  await log.has(/disconnected/);
  expect(log.lines).toEqual([`Client ${id} connected`, `Client ${id} disconnected`]);
});
