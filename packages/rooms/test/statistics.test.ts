import { expect, it } from 'vitest';
import { encodeMessage } from '@verb-tcp/socket/message';
import { TCPRoomManager } from '../src/index.js';
import { addMember, addSleeper, messageOf, settled } from './members.js';

it('statistics begin at zero', () => {
  expect(new TCPRoomManager().stats()).toEqual({
    clients: 0,
    rooms: 0,
    memberships: 0,
    bufferedBytes: 0,
    messages: 0,
    deliveries: 0,
    deliveredBytes: 0,
    droppedMessages: 0,
    disconnected: 0,
  });
});

it('statistics count what is there and what was done', async () => {
  const rooms = new TCPRoomManager({ notify: false });
  addMember(rooms, 'a', 'x', 'y');
  addMember(rooms, 'b', 'x');
  const sleeper = addSleeper(rooms, 'c');
  rooms.broadcastToRoom('x', 'é');
  rooms.broadcastToRooms(['x', 'y'], 1, 'b');
  rooms.broadcastToRoom('nowhere', 1);
  rooms.sendTo('c', messageOf(500_000));
  await settled();
  const large = encodeMessage(messageOf(500_000)).length;
  expect(rooms.stats()).toEqual({
    clients: 3,
    rooms: 2,
    memberships: 3,
    bufferedBytes: sleeper.socket.writableLength,
    messages: 3,
    deliveries: 4,
    deliveredBytes: 2 * 6 + 3 + large,
    droppedMessages: 0,
    disconnected: 0,
  });
  expect(rooms.stats().bufferedBytes).toBeGreaterThan(300_000);
});
