import { describe, expect, test } from 'vitest';
import { statsLines } from '../src/clients/chat-stats.js';
import { clientIdOf, listConnections } from '../src/servers/chat-connections.js';

const entry = (id: string) => ({ id, uptime: 0.6, lastActivity: 0.4, bytesReceived: 1, bytesSent: 2 });

describe('the numbers of the chat server', () => {
  test('list the one who asks first, and a hundred at most, but count all', () => {
    const connections = Array.from({ length: 300 }, (_, count) => entry(`a:${count}`));
    const { total, connections: listed } = listConnections({ total: 300, connections }, 'a:200');
    expect(total).toBe(300);
    expect(listed.map(({ id }) => id)).toEqual(['a:200', ...Array.from({ length: 99 }, (_, count) => `a:${count}`)]);
    expect(listed[0]).toEqual({ id: 'a:200', uptime: 1, lastActivity: 0, bytesReceived: 1, bytesSent: 2 });
  });

  test.each([
    ['::ffff:1.2.3.4:5', '1.2.3.4:5'],
    ['::FFFF:1.2.3.4:5#2', '1.2.3.4:5#2'],
    ['::1:5', '::1:5'],
    ['::ffff:1:5', '::ffff:1:5'],
    ['unix#1', 'unix#1'],
  ])('call %s %s', (poolId, id) => {
    expect(clientIdOf(poolId)).toBe(id);
  });

  test('become a table', () => {
    const message = {
      total: 5,
      connections: [
        { id: 'me:1', uptime: 90_000, lastActivity: 400, bytesReceived: 1234, bytesSent: 999 },
        { id: 'bob:22', uptime: 9_000_000, lastActivity: 59_000, bytesReceived: 12_345_678, bytesSent: 0 },
        { id: 'x:3' },
      ],
    };
    expect(statsLines(message, 'me:1', (id) => (id === 'bob:22' ? 'bob' : undefined)).map(({ text }) => text)).toEqual([
      '5 connections, 3 of them here:',
      '  you (me:1)    here for 2 min  silent for 0 s   sent 1.2 kB   got 999 B',
      '  bob (bob:22)  here for 2.5 h  silent for 59 s  sent 12.3 MB  got 0 B',
      '  x:3           here for 0 s    silent for 0 s   sent 0 B      got 0 B',
    ]);
  });

  test('are harmless where they are anything else', () => {
    const text = statsLines({ total: -1, connections: [null, 7, { id: '\x1b[2J', uptime: 'x' }] }, undefined, () => undefined);
    expect(text[0]?.text).toBe('0 connections:');
    expect(text.every((shown) => /^[^\p{Cc}]*$/u.test(shown.text))).toBe(true);
    expect(statsLines({}, undefined, () => undefined)).toHaveLength(1);
  });
});
