import { describe, expect, it } from 'vitest';
import { socketPair } from '@verb-tcp/testing';
import { TCPRoomManager } from '../src/index.js';
import { addMember, settled } from './members.js';

const EVENTS = ['data', 'drain', 'end', 'close', 'error', 'timeout'] as const;

function listeners(socket: { listenerCount(event: (typeof EVENTS)[number]): number }): number[] {
  return EVENTS.map((event) => socket.listenerCount(event));
}

describe('a client whose socket closes', () => {
  it.each(['end', 'destroy', 'reset'] as const)('by %s is removed once, and the others are told', async (way) => {
    const rooms = new TCPRoomManager();
    const ann = addMember(rooms, 'ann', 'lobby');
    const ben = addMember(rooms, 'ben', 'lobby', 'news');
    ben.socket.resume();
    if (way === 'end') ben.peer.end();
    else if (way === 'destroy') ben.socket.destroy();
    else ben.peer.resetAndDestroy();
    await settled();
    expect(ann.received.map(({ type }) => type)).toEqual(['user_joined', 'user_left']);
    expect(rooms.stats()).toMatchObject({ clients: 1, rooms: 1, memberships: 1 });
    expect(listeners(ben.socket)).toEqual([0, 0, 0, 0, 0, 0]);
    rooms.removeClient('ben');
    await settled();
    expect(ann.received).toHaveLength(2);
  });

  it('has one listener of each kind, and none after removeClient or close', () => {
    const rooms = new TCPRoomManager();
    const [ann, ben] = ['ann', 'ben'].map((id) => addMember(rooms, id, 'lobby'));
    const bare = listeners(socketPair()[1]);
    expect(listeners(ann!.socket)).toEqual([0, 0, bare[2], 1, 1, 0]);
    rooms.removeClient('ann');
    expect(listeners(ann!.socket)).toEqual(bare);
    rooms.close();
    expect(listeners(ben!.socket)).toEqual(bare);
  });

  it('stays with autoRemove: false, without a listener', async () => {
    const rooms = new TCPRoomManager({ autoRemove: false });
    const { socket } = addMember(rooms, 'ann', 'lobby');
    expect(socket.listenerCount('close') + socket.listenerCount('error')).toBe(0);
    socket.destroy();
    await settled();
    expect(rooms.size('lobby')).toBe(1);
    rooms.broadcastToRoom('lobby', 1);
    rooms.removeClient('ann');
    expect(rooms.rooms).toEqual([]);
  });

  it('may be in two managers', async () => {
    const [first, second] = [new TCPRoomManager(), new TCPRoomManager()];
    const { socket } = addMember(first, 'ann', 'lobby');
    second.addClient('other', socket);
    first.removeClient('ann');
    expect(socket.listenerCount('close')).toBe(1);
    socket.destroy();
    await settled();
    expect(second.stats().clients).toBe(0);
  });
});

describe('close', () => {
  it('forgets everybody, tells nobody, leaves the sockets, and takes nobody in', async () => {
    const rooms = new TCPRoomManager();
    const ann = addMember(rooms, 'ann', 'lobby');
    addMember(rooms, 'ben', 'lobby');
    await settled();
    rooms.close();
    rooms.close();
    expect(rooms.stats()).toMatchObject({ clients: 0, rooms: 0, memberships: 0 });
    expect(rooms.addClient('eve', socketPair()[1])).toBe(false);
    expect(rooms.joinRoom('ann', 'lobby')).toBe(false);
    rooms.broadcastToRoom('lobby', 1);
    ann.socket.write('4\n"me"');
    await settled();
    expect(ann.received.map((message) => message.type ?? message)).toEqual(['user_joined', 'me']);
  });
});
