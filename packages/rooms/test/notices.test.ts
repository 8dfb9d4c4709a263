import { describe, expect, it, vi } from 'vitest';
import { TCPRoomManager, type RoomsError } from '../src/index.js';
import { addMember, settled } from './members.js';

const NOW = 1_700_000_000_000;

function frozenClock(): void {
  vi.spyOn(Date, 'now').mockReturnValue(NOW);
}

const notice = (type: string, id: string, room: string): string =>
  `{"type":"${type}","connectionId":"${id}","room":"${room}","timestamp":${NOW}}`;

describe('notices', () => {
  it('have the documented bytes and go to those who were there before', async () => {
    frozenClock();
    const rooms = new TCPRoomManager();
    const ann = addMember(rooms, 'ann', 'lobby');
    const ben = addMember(rooms, 'ben', 'lobby');
    const eve = addMember(rooms, 'eve', 'other');
    rooms.leaveRoom('ben', 'lobby');
    await settled();
    const [joined, left] = [notice('user_joined', 'ben', 'lobby'), notice('user_left', 'ben', 'lobby')];
    expect(ann.bytes().toString()).toBe(`${joined.length}\n${joined}${left.length}\n${left}`);
    expect(ben.bytes().toString()).toBe('');
    expect(eve.bytes().toString()).toBe('');
    vi.restoreAllMocks();
  });

  it('are bare JSON through JSON.stringify', async () => {
    frozenClock();
    const rooms = new TCPRoomManager({ encode: JSON.stringify });
    const ann = addMember(rooms, 'ann', 'lobby');
    addMember(rooms, 'bén', 'lobby');
    await settled();
    expect(ann.bytes().toString()).toBe(notice('user_joined', 'bén', 'lobby'));
    vi.restoreAllMocks();
  });

  it('are sent once: not for a repeated join, nor for leaving where one is not in', async () => {
    const rooms = new TCPRoomManager();
    const ann = addMember(rooms, 'ann', 'lobby');
    const ben = addMember(rooms, 'ben', 'lobby');
    rooms.joinRoom('ben', 'lobby');
    rooms.leaveRoom('ben', 'news');
    rooms.leaveRoom('ben', 'lobby');
    rooms.leaveRoom('ben', 'lobby');
    await settled();
    expect(ann.received.map(({ type }) => type)).toEqual(['user_joined', 'user_left']);
    expect(ben.received).toEqual([]);
  });

  it('come for every room of a client that is removed', async () => {
    const rooms = new TCPRoomManager();
    const ann = addMember(rooms, 'ann', 'a', 'b');
    addMember(rooms, 'ben', 'b', 'c', 'a');
    rooms.removeClient('ben');
    await settled();
    const seen = ann.received.map(({ type, room }) => `${type} ${room}`);
    expect(seen).toEqual(['user_joined b', 'user_joined a', 'user_left b', 'user_left a']);
  });

  it('can be switched off', async () => {
    const rooms = new TCPRoomManager({ notify: false });
    const ann = addMember(rooms, 'ann', 'lobby');
    addMember(rooms, 'ben', 'lobby');
    rooms.removeClient('ben');
    await settled();
    expect(ann.received).toEqual([]);
    expect(rooms.stats().messages).toBe(0);
  });

  it('that cannot be encoded are an error, and the join stands', () => {
    const rooms = new TCPRoomManager({
      encode: () => {
        throw new Error('no');
      },
    });
    const errors: RoomsError[] = [];
    rooms.on('error', (error) => errors.push(error));
    addMember(rooms, 'ann', 'lobby');
    addMember(rooms, 'ben', 'lobby');
    rooms.removeClient('ann');
    expect(errors.map(({ code, message }) => [code, message])).toEqual(Array(2).fill(['ERR_ROOMS_ENCODE', 'encode threw: no']));
    expect(rooms.getRoomMembers('lobby').map(({ connectionId }) => connectionId)).toEqual(['ben']);
  });
});
