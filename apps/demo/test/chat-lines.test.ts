import { describe, expect, test } from 'vitest';
import { readChatData } from '../src/clients/chat-data.js';
import { pongLine, privateLine, publicLine, roomLine } from '../src/clients/chat-lines.js';

const spoken = (data: unknown): string | undefined => publicLine(readChatData(data))?.text;

function nested(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}

describe('what a broadcast carries', () => {
  test.each<[string, unknown, string]>([
    ['of this client', { id: '127.0.0.1:5', name: 'ana', text: 'hi' }, 'ana: hi'],
    ['as plain text', 'hi', 'somebody: hi'],
    ['of another client', { mood: 'fine' }, 'somebody: {"mood":"fine"}'],
    ['null', null, 'somebody: null'],
    ['a number', 42, 'somebody: 42'],
    ['an array', [1, 'a'], 'somebody: [1,"a"]'],
    ['a name that is no name', { name: 'a\nb', text: 'hi' }, 'somebody: hi'],
    ['an id without a name', { id: '127.0.0.1:5', text: 'hi' }, '127.0.0.1:5: hi'],
    ['a text that is none', { name: 'ana', text: 5 }, 'ana: {"name":"ana","text":5}'],
    ['escape sequences', { name: 'ana', text: '\x1b[2J\r\nroot: hi' }, 'ana: \\x1b[2J\\r\\nroot: hi'],
    ['escape sequences as an id', { id: '\x1b[2J', text: 'hi' }, '\\x1b[2J: hi'],
    ['an action that is none', { name: 'ana', action: 'toString' }, 'ana: {"name":"ana","action":"toString"}'],
    ['somebody coming', { id: 'a:1', name: 'ana', action: 'joined' }, '* ana is here now (a:1)'],
    ['somebody going', { id: 'a:1', name: 'ana', action: 'left' }, '* ana left'],
    ['a new name', { name: 'ana', action: 'named', was: 'guest-1' }, '* guest-1 is now ana'],
    ['nesting too deep to show', nested(6000), 'somebody: something that cannot be shown'],
  ])('is shown %s', (_, data, expected) => {
    expect(spoken(data)).toBe(expected);
  });

  test('is cut where it is long', () => {
    const text = spoken({ name: 'ana', text: 'x'.repeat(1_000_000) }) ?? '';
    expect(text).toMatch(/^ana: x+… \(1000005 characters\)$/);
    expect(text.length).toBeLessThan(2100);
  });

  test('is shown with its room', () => {
    expect(publicLine(readChatData({ name: 'ana', text: 'hi' }), 'den')?.text).toBe('[den] ana: hi');
  });
});

test('a private message always shows the id that the server gave, whatever name it claims', () => {
  expect(privateLine('127.0.0.1:5', readChatData({ name: 'ana', text: 'psst' }))).toEqual({
    kind: 'private',
    text: '[private] ana (127.0.0.1:5): psst',
  });
  expect(privateLine('127.0.0.1:5', readChatData('psst')).text).toBe('[private] 127.0.0.1:5: psst');
});

test('news of a room name the person where the name is known', () => {
  expect(roomLine('user_joined', 'a:1', 'ana', 'den').text).toBe('* ana (a:1) joined room den');
  expect(roomLine('user_left', 'a:1', undefined, 'den').text).toBe('* a:1 left room den');
});

test('a round trip is shown with the digits that matter', () => {
  expect(pongLine(0.123456).text).toBe('pong in 0.12 ms');
  expect(pongLine(12.6).text).toBe('pong in 13 ms');
});
