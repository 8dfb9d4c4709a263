import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPRoomManager } from '../src/index.js';
import { addMember, settled } from './members.js';

describe('clients and rooms', () => {
  it('know each other', () => {
    const rooms = new TCPRoomManager();
    const ann = addMember(rooms, 'ann', 'lobby', 'news');
    addMember(rooms, 'ben', 'lobby');
    expect(rooms.getClientRooms('ann')).toEqual(['lobby', 'news']);
    expect(rooms.getRoomMembers('lobby').map(({ connectionId }) => connectionId)).toEqual(['ann', 'ben']);
    expect(rooms.getRoomMembers('news')[0]?.socket).toBe(ann.socket);
    expect([rooms.size('lobby'), rooms.size('news'), rooms.size('nowhere')]).toEqual([2, 1, 0]);
    expect(rooms.rooms).toEqual(['lobby', 'news']);
  });

  it('show socket, rooms, metadata and the time of joining, as copies', () => {
    const rooms = new TCPRoomManager();
    const [, socket] = socketPair();
    const metadata = { name: 'Ann' };
    const before = Date.now();
    rooms.addClient('a', socket, metadata);
    rooms.joinRoom('a', 'lobby');
    const [info] = rooms.getRoomMembers('lobby');
    expect(info).toEqual({ connectionId: 'a', socket, rooms: new Set(['lobby']), metadata, joinedAt: expect.any(Number) });
    expect(info?.metadata).toBe(metadata);
    expect(info?.joinedAt).toBeGreaterThanOrEqual(before);
    info?.rooms.clear();
    expect(rooms.getClientRooms('a')).toEqual(['lobby']);
  });

  it('have empty metadata by default', () => {
    const rooms = new TCPRoomManager();
    addMember(rooms, 'a', 'lobby');
    expect(rooms.getRoomMembers('lobby')[0]?.metadata).toEqual({});
  });

  it('answer for what is unknown without an exception', () => {
    const rooms = new TCPRoomManager();
    expect(rooms.joinRoom('nobody', 'lobby')).toBe(false);
    expect(rooms.rooms).toEqual([]);
    rooms.leaveRoom('nobody', 'lobby');
    rooms.removeClient('nobody');
    rooms.broadcastToRoom('nowhere', 'x');
    rooms.broadcastToRooms(['nowhere'], 'x');
    expect(rooms.sendTo('nobody', 'x')).toBe(false);
    expect(rooms.getRoomMembers('nowhere')).toEqual([]);
    expect(rooms.getClientRooms('nobody')).toEqual([]);
  });

  it('a room is gone with its last member', () => {
    const rooms = new TCPRoomManager();
    addMember(rooms, 'a', 'lobby', 'news');
    rooms.leaveRoom('a', 'lobby');
    expect(rooms.rooms).toEqual(['news']);
    rooms.removeClient('a');
    expect(rooms.rooms).toEqual([]);
    expect(rooms.getClientRooms('a')).toEqual([]);
  });

  it('joining again is true and changes nothing', () => {
    const rooms = new TCPRoomManager();
    addMember(rooms, 'a', 'lobby');
    expect(rooms.joinRoom('a', 'lobby')).toBe(true);
    expect(rooms.stats().memberships).toBe(1);
  });

  it('an id that is taken changes hands', async () => {
    const rooms = new TCPRoomManager();
    const ben = addMember(rooms, 'ben', 'lobby');
    const old = addMember(rooms, 'ann', 'lobby');
    const young = addMember(rooms, 'ann');
    await settled();
    expect(ben.received.map(({ type }) => type)).toEqual(['user_joined', 'user_left']);
    expect(rooms.getClientRooms('ann')).toEqual([]);
    rooms.joinRoom('ann', 'lobby');
    old.socket.destroy();
    await settled();
    expect(rooms.getRoomMembers('lobby').map(({ socket }) => socket)).toEqual([ben.socket, young.socket]);
  });

  it('a destroyed socket is not added, and does not take an id away', () => {
    const rooms = new TCPRoomManager();
    addMember(rooms, 'a', 'lobby');
    const [, socket] = socketPair();
    socket.destroy();
    expect(rooms.addClient('a', socket)).toBe(false);
    expect(rooms.getClientRooms('a')).toEqual(['lobby']);
  });

  it('mistakes of the programmer throw', () => {
    const rooms = new TCPRoomManager();
    const [, socket] = socketPair();
    expect(() => rooms.addClient(1 as never, socket)).toThrow('connectionId must be a string, got number');
    expect(() => rooms.addClient('a', undefined as never)).toThrow('socket must be a TCPSocket');
  });
});
