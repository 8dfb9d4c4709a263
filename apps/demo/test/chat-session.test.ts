// The client against a server that a test plays by hand: what it sends unasked, and what it makes of odd answers.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MessageHandler } from '@verb-tcp/framing-json';
import { dial } from '../src/clients/chat-connection.js';
import type { Line } from '../src/clients/chat-lines.js';
import { ChatRoster } from '../src/clients/chat-roster.js';
import { ChatSession } from '../src/clients/chat-session.js';
import { printable } from '../src/printable.js';

let listener: Server;
let session: ChatSession;
let server: MessageHandler;
let roster: ChatRoster;
let rooms: Set<string>;
let shown: Line[];
const sent: unknown[] = [];

/** Settles once the client has handled everything the server sent. */
function handled(): Promise<void> {
  return session.settled();
}

beforeEach(async () => {
  sent.length = 0;
  shown = [];
  roster = new ChatRoster();
  listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const [socket, [accepted]] = await Promise.all([
    dial({ host: '127.0.0.1', port }),
    once(listener, 'connection') as Promise<[Socket]>,
  ]);
  server = new MessageHandler(accepted);
  server.on('error', () => {});
  server.on('message', (message: { type: string }) => {
    if (message.type === 'ping') server.sendMessage({ type: 'pong' });
    else if (message.type === 'whoami') server.sendMessage({ type: 'whoami', id: 'me:1' });
    else sent.push(message);
  });
  rooms = new Set(['den']);
  const person = { name: 'ana', rooms };
  session = new ChatSession(socket, { person, roster, show: (line) => shown.push(line), announce: true });
  await session.begin();
  await handled();
});

afterEach(async () => {
  await session.leave();
  listener.close();
});

describe('a session', () => {
  test('announces itself and goes back to its rooms', () => {
    expect(sent).toEqual([
      { type: 'broadcast', data: { id: 'me:1', name: 'ana', action: 'joined' } },
      { type: 'join_room', room: 'den' },
      { type: 'room_members', room: 'den' },
    ]);
  });

  test.each(['bob:2', 'bob\n2'])('tells somebody new (%j) of itself once, and keeps quiet where that one is gone already', async (id) => {
    sent.length = 0;
    const joined = { type: 'broadcast', data: { id, name: 'bob', action: 'joined' } };
    server.sendMessage(joined);
    server.sendMessage(joined);
    await handled();
    expect(sent).toEqual([{ type: 'private', target: id, data: { id: 'me:1', name: 'ana', action: 'here' } }]);
    server.sendMessage({ type: 'error', message: `Unknown target: ${id}` });
    await handled();
    expect(shown.map(({ text }) => text)).toEqual(Array(2).fill(`* bob is here now (${printable(id)})`));
    expect(roster.nameOf(id)).toBeUndefined();
  });

  test('does say so where somebody we wrote to is gone', async () => {
    server.sendMessage({ type: 'broadcast', data: { id: 'bob:2', name: 'bob', action: 'joined' } });
    await handled();
    session.run({ kind: 'tell', target: 'bob', text: 'hi' });
    server.sendMessage({ type: 'error', message: 'Unknown target: bob:2' });
    await handled();
    expect(shown.at(-1)?.text).toBe('The server says: Unknown target: bob:2');
  });

  test('asks who is meant where several have one name', async () => {
    roster.learn('bob:2', 'bob');
    roster.learn('bob:3', 'bob');
    sent.length = 0;
    session.run({ kind: 'tell', target: 'bob', text: 'hi' });
    await handled();
    expect(shown.map(({ text }) => text)).toEqual(['Several people may be meant: bob:2, bob:3. Take the id.']);
    expect(sent).toEqual([]);
  });

  test.each([null, 42, 'text', [], {}, { type: 7 }, { type: 'private' }, { type: 'user_joined' }, { type: 'room_message' }, { type: 'room_members' }, { type: 'room_members', room: 'den', members: [{}, '\x1b[2J'] }, { type: 'stats' }, { type: 'stats', total: 'x', connections: [null, { id: '\x1b[2J' }] }, { type: 'error' }, { type: 'pong' }, { type: 'whoami', id: '\x1b[2J' }])(
    'lives on after %j',
    async (message) => {
      server.sendMessage(message);
      await handled();
      expect(shown.every(({ text }) => /^[^\p{Cc}]*$/u.test(text))).toBe(true);
    },
  );

  test('says who is in a room that it joined or asked about, by name where the name is known', async () => {
    roster.learn('bob:2', 'bob');
    server.sendMessage({ type: 'room_members', room: 'den', members: ['bob:2', 'cem:3', 'me:1'] });
    session.run({ kind: 'members', room: 'den' });
    server.sendMessage({ type: 'room_members', room: 'den', members: ['bob:2', 'me:1'] });
    session.run({ kind: 'join', room: 'attic' });
    session.run({ kind: 'members', room: 'cellar' });
    server.sendMessage({ type: 'room_members', room: 'cellar', members: [] });
    server.sendMessage({ type: 'room_members', room: 'attic', members: ['me:1'] });
    await handled();
    session.run({ kind: 'leave', room: 'attic' });
    session.run({ kind: 'leave', room: 'attic' });
    expect(shown.map(({ text }) => text)).toEqual([
      'You joined room den, with bob (bob:2), cem:3.',
      'In room den: you, bob (bob:2).',
      'Nobody is in room cellar.',
      'You joined room attic. Nobody else is there.',
      'You left room attic.',
      'You are not in room attic.',
    ]);
  });

  test('does not claim to be in a room that did not take it, nor go back there', async () => {
    server.sendMessage({ type: 'error', message: 'Too many rooms: leave one before you join den' });
    server.sendMessage({ type: 'room_members', room: 'den', members: ['bob:2'] });
    await handled();
    expect(shown.map(({ text }) => text)).toEqual(['The server says: Too many rooms: leave one before you join den']);
    expect(rooms.size).toBe(0);
  });

  test('says so where a line is too long to be sent, and goes on', async () => {
    sent.length = 0;
    session.run({ kind: 'say', text: 'x'.repeat(1024 * 1024) });
    session.run({ kind: 'say', text: 'short' });
    await handled();
    expect(shown.map(({ text }) => text)).toEqual([expect.stringMatching(/^Not sent: /)]);
    expect(sent).toMatchObject([{ data: { text: 'short' } }]);
  });

  test('ends its connection when the server shuts down, so that the drain is short', async () => {
    server.sendMessage({ type: 'server_shutdown', message: 'Server is shutting down', gracePeriod: 30_000 });
    await session.closed;
    expect(session.isShutDown).toBe(true);
    expect(shown.at(-1)?.text).toBe('The server is shutting down.');
  });

  test('says goodbye: leaves its rooms, then everybody', async () => {
    sent.length = 0;
    const ended = once(server, 'close');
    await session.leave();
    await ended;
    expect(sent).toEqual([
      { type: 'leave_room', room: 'den' },
      { type: 'broadcast', data: { id: 'me:1', name: 'ana', action: 'left' } },
    ]);
  });
});
