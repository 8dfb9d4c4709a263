import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeMessage } from '@verb-tcp/socket/message';
import { describe, expect, it } from 'vitest';
import { TCPRoomManager } from '../src/index.js';
import { addMember, settled } from './members.js';

describe('a broadcast', () => {
  it('reaches every member but the excluded one, as documented', async () => {
    const rooms = new TCPRoomManager({ notify: false });
    const [ann, ben, eve] = ['ann', 'ben', 'eve'].map((id) => addMember(rooms, id, 'lobby'));
    addMember(rooms, 'out');
    rooms.broadcastToRoom('lobby', 1);
    rooms.broadcastToRoom('lobby', 2, 'ben');
    rooms.broadcastToRoom('lobby', 3, 'nobody');
    await settled();
    expect([ann?.received, ben?.received, eve?.received]).toEqual([[1, 2, 3], [1, 3], [1, 2, 3]]);
  });

  it('to several rooms takes no single name: its characters would be the rooms', () => {
    const rooms = new TCPRoomManager();
    addMember(rooms, 'ann', 'lobby');
    expect(() => rooms.broadcastToRooms('lobby', 1)).toThrow(new TypeError('roomIds must be several names; for one there is broadcastToRoom("lobby", …)'));
  });

  it('is encoded once, and every member is written the same bytes', () => {
    let encoded = 0;
    let bytes: Uint8Array | undefined;
    const rooms = new TCPRoomManager({ notify: false, encode: (message) => (encoded++, (bytes = encodeMessage(message))) });
    const written: unknown[] = [];
    for (let n = 0; n < 5; n++) {
      const { socket } = addMember(rooms, `m${n}`, 'lobby');
      const write = socket.write.bind(socket);
      socket.write = (data: unknown) => (written.push(data), write(data));
    }
    rooms.broadcastToRoom('lobby', { text: 'x' });
    expect(encoded).toBe(1);
    expect(written).toHaveLength(5);
    expect(written.every((data) => data === bytes)).toBe(true);
  });

  it('to several rooms reaches each member once', async () => {
    const rooms = new TCPRoomManager({ notify: false });
    const ann = addMember(rooms, 'ann', 'a', 'b');
    const ben = addMember(rooms, 'ben', 'b', 'c');
    const eve = addMember(rooms, 'eve', 'c', 'a');
    rooms.broadcastToRooms(['a', 'b', 'nowhere', 'a'], 1);
    rooms.broadcastToRooms(new Set(['a', 'b', 'c']), 2, 'ben');
    await settled();
    expect([ann.received, ben.received, eve.received]).toEqual([[1, 2], [1], [1, 2]]);
    expect(rooms.stats()).toMatchObject({ messages: 2, deliveries: 5 });
  });

  it('leaves with all else of its turn in one write, in order with what the application writes', async () => {
    const rooms = new TCPRoomManager({ notify: false, encode: String });
    const { socket, peer } = addMember(rooms, 'ann', 'a', 'b');
    const chunks: string[] = [];
    peer.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    rooms.broadcastToRoom('a', '1');
    socket.write('2');
    rooms.sendTo('ann', '3');
    rooms.broadcastToRooms(['b', 'a'], '4');
    await nextTurn();
    await settled();
    rooms.broadcastToRoom('b', '5');
    socket.end('6');
    await settled();
    expect(chunks).toEqual(['1234', '56']);
  });

  it('throws for what encode cannot take, and nobody gets anything', async () => {
    const rooms = new TCPRoomManager({ notify: false });
    const ann = addMember(rooms, 'ann', 'lobby');
    for (const send of [
      () => rooms.broadcastToRoom('lobby', 1n),
      () => rooms.broadcastToRooms(['lobby'], undefined),
      () => rooms.sendTo('ann', () => 1),
    ]) {
      expect(send).toThrow(expect.objectContaining({ name: 'RoomsError', code: 'ERR_ROOMS_ENCODE' }));
    }
    rooms.broadcastToRoom('lobby', 'fine');
    await settled();
    expect(ann.received).toEqual(['fine']);
  });

  it.each([undefined, null, 5, {}])('throws where encode gives %j', (value) => {
    const rooms = new TCPRoomManager({ encode: () => value as never });
    addMember(rooms, 'ann', 'lobby');
    expect(() => rooms.broadcastToRoom('lobby', 1)).toThrow(/^encode must give bytes or a string, got /);
  });

  it('passes over members that are destroyed or ended, and sendTo says so', async () => {
    const rooms = new TCPRoomManager({ notify: false });
    const [ann, ben, eve] = ['ann', 'ben', 'eve'].map((id) => addMember(rooms, id, 'lobby'));
    const errors: Error[] = [];
    for (const member of [ann, ben]) member?.socket.on('error', (error) => errors.push(error));
    ann?.socket.destroy();
    ben?.socket.end();
    rooms.broadcastToRoom('lobby', 1);
    expect([rooms.sendTo('ann', 2), rooms.sendTo('ben', 2), rooms.sendTo('eve', 2)]).toEqual([false, false, true]);
    await settled();
    expect(errors).toEqual([]);
    expect(eve?.received).toEqual([1, 2]);
  });

  it('goes on where a write makes the application remove, add and cut members', async () => {
    const rooms = new TCPRoomManager({ notify: false });
    const members = ['a', 'b', 'c', 'd'].map((id) => addMember(rooms, id, 'lobby'));
    const [first, second, third, last] = members;
    const write = first?.socket.write.bind(first.socket);
    first!.socket.write = (data: unknown) => {
      rooms.removeClient('b');
      rooms.leaveRoom('a', 'lobby');
      third?.socket.destroy();
      return write!(data);
    };
    rooms.broadcastToRoom('lobby', 1);
    await settled();
    expect([first?.received, second?.received, third?.received, last?.received]).toEqual([[1], [], [], [1]]);
    expect(rooms.getRoomMembers('lobby').map(({ connectionId }) => connectionId)).toEqual(['d']);
  });
});
