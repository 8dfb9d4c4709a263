import { describe, expect, test } from 'vitest';
import { isName } from '../src/clients/chat-commands.js';
import { ChatRoster, guestName } from '../src/clients/chat-roster.js';

describe('the roster', () => {
  test('finds people by name, by id and by the port alone', () => {
    const roster = new ChatRoster();
    expect(roster.learn('127.0.0.1:53422', 'ana')).toBe(true);
    expect(roster.learn('127.0.0.1:53422', 'anna')).toBe(false);
    roster.learn('::1:6000', 'bob');
    expect(roster.find('anna')).toEqual(['127.0.0.1:53422']);
    expect(roster.find('53422')).toEqual(['127.0.0.1:53422']);
    expect(roster.find('6000')).toEqual(['::1:6000']);
    expect(roster.find('::1:6000')).toEqual(['::1:6000']);
    expect(roster.find('ana')).toEqual(['ana']);
  });

  test('gives everybody of one name, since names are claims', () => {
    const roster = new ChatRoster();
    roster.learn('a:1', 'ana');
    roster.learn('b:2', 'ana');
    expect(roster.find('ana')).toEqual(['a:1', 'b:2']);
    roster.forget('a:1');
    expect(roster.find('ana')).toEqual(['b:2']);
  });

  test('keeps 1000 people, those heard of last', () => {
    const roster = new ChatRoster();
    roster.learn('first:0', 'first');
    for (let port = 1; port < 1000; port++) roster.learn(`a:${port}`, 'x');
    expect(roster.people().length).toBe(1000);
    roster.learn('first:0', 'first');
    roster.learn('a:1000', 'x');
    expect(roster.people().length).toBe(1000);
    expect(roster.nameOf('first:0')).toBe('first');
    expect(roster.nameOf('a:1')).toBeUndefined();
  });
});

test.each([
  ['127.0.0.1:53422', 'guest-53422'],
  ['::1:6000', 'guest-6000'],
  ['127.0.0.1:53422#2', 'guest-53422-2'],
  ['\x1b[2J', 'guest---2J'],
  ['', 'guest-'],
  ['x'.repeat(100), `guest-${'x'.repeat(16)}`],
])('a guest with the id %j has a name like any other', (id, name) => {
  expect(guestName(id)).toBe(name);
  expect(isName(name)).toBe(true);
});
