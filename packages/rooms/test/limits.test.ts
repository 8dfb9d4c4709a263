import { describe, expect, it } from 'vitest';
import { socketPair } from '@verb-tcp/testing';
import { TCPRoomManager, type RoomsError, type TCPRoomManagerOptions } from '../src/index.js';
import { addMember } from './members.js';

function limited(options: TCPRoomManagerOptions): { rooms: TCPRoomManager; errors: RoomsError[] } {
  const rooms = new TCPRoomManager(options);
  const errors: RoomsError[] = [];
  rooms.on('error', (error) => errors.push(error));
  return { rooms, errors };
}

describe('a limit', () => {
  it('on clients refuses the next, and takes it when one has gone', () => {
    const { rooms, errors } = limited({ maxClients: 2 });
    addMember(rooms, 'a');
    addMember(rooms, 'b');
    const [, socket] = socketPair();
    expect(rooms.addClient('c', socket)).toBe(false);
    expect(errors).toMatchObject([{ name: 'RoomsError', code: 'ERR_ROOMS_TOO_MANY_CLIENTS', connectionId: 'c', limit: 2 }]);
    expect(socket.listenerCount('close') + socket.listenerCount('error')).toBe(0);
    rooms.removeClient('a');
    expect(rooms.addClient('c', socket)).toBe(true);
  });

  it('on clients lets an id change hands', () => {
    const { rooms, errors } = limited({ maxClients: 1 });
    addMember(rooms, 'a');
    expect(rooms.addClient('a', socketPair()[1])).toBe(true);
    expect(errors).toEqual([]);
  });

  it('on rooms refuses new ones only, and counts none that is empty', () => {
    const { rooms, errors } = limited({ maxRooms: 2 });
    addMember(rooms, 'a', 'x', 'y');
    addMember(rooms, 'b');
    expect(rooms.joinRoom('b', 'z')).toBe(false);
    expect(rooms.joinRoom('b', 'x')).toBe(true);
    expect(errors).toMatchObject([{ code: 'ERR_ROOMS_TOO_MANY_ROOMS', connectionId: 'b', limit: 2 }]);
    rooms.leaveRoom('a', 'y');
    expect(rooms.joinRoom('b', 'z')).toBe(true);
  });

  it('on rooms per client refuses the next, and not what it is in', () => {
    const { rooms, errors } = limited({ maxRoomsPerClient: 2 });
    addMember(rooms, 'a', 'x', 'y');
    expect([rooms.joinRoom('a', 'z'), rooms.joinRoom('a', 'x')]).toEqual([false, true]);
    expect(errors).toMatchObject([{ code: 'ERR_ROOMS_TOO_MANY_PER_CLIENT', connectionId: 'a', limit: 2 }]);
    expect(rooms.rooms).toEqual(['x', 'y']);
  });

  it('is silent where nobody listens', () => {
    const rooms = new TCPRoomManager({ maxRooms: 1 });
    addMember(rooms, 'a', 'x');
    expect(rooms.joinRoom('a', 'y')).toBe(false);
  });

  it.each([
    ['é'.repeat(127), true],
    [`${'é'.repeat(127)}x`, true],
    ['é'.repeat(128), false],
    ['x'.repeat(255), true],
    ['x'.repeat(256), false],
    ['__proto__', true],
    ['constructor', true],
    ['', false],
    [5, false],
    [null, false],
    [undefined, false],
    [{ toString: () => 'x' }, false],
  ])('on names: %j is a room: %s', (name, isRoom) => {
    const { rooms, errors } = limited({});
    addMember(rooms, 'a');
    expect(rooms.joinRoom('a', name as string)).toBe(isRoom);
    expect(errors.map(({ code }) => code)).toEqual(isRoom ? [] : ['ERR_ROOMS_NAME_INVALID']);
    expect(rooms.size(name as string)).toBe(isRoom ? 1 : 0);
  });
});

describe('an option', () => {
  it.each(['maxBufferedBytes', 'maxClients', 'maxRooms', 'maxRoomsPerClient', 'maxRoomNameBytes'])('%s is checked', (name) => {
    for (const value of [0, -1, 1.5, NaN, 2 ** 31, '5', null]) {
      const text = `${name} must be an integer from 1 to 2147483647 or Infinity, got ${value}`;
      expect(() => new TCPRoomManager({ [name]: value })).toThrow(new RangeError(text));
    }
    for (const value of [1, 2 ** 31 - 1, Infinity, undefined]) expect(() => new TCPRoomManager({ [name]: value })).not.toThrow();
  });

  it.each([
    [{ stallTimeout: -1 }, 'stallTimeout must be a number from 1 to 2147483647, 0 or Infinity, got -1'],
    [{ stallTimeout: 2 ** 31 }, 'stallTimeout must be a number from 1 to 2147483647, 0 or Infinity, got 2147483648'],
    [{ slowConsumer: 'cut' }, "slowConsumer must be 'disconnect', 'drop' or a function, got cut"],
    [{ encode: 'json' }, 'encode must be a function, got string'],
    [{ notify: 1 }, 'notify must be a boolean, got number'],
    [{ autoRemove: 'yes' }, 'autoRemove must be a boolean, got string'],
  ])('%j throws', (options, message) => {
    expect(() => new TCPRoomManager(options as TCPRoomManagerOptions)).toThrow(message);
  });

  it('may be 0 or Infinity where that is off, and the object stays as it is', () => {
    const options = Object.freeze({ stallTimeout: 0, maxBufferedBytes: Infinity });
    expect(() => new TCPRoomManager(options)).not.toThrow();
    expect(() => new TCPRoomManager({ stallTimeout: Infinity })).not.toThrow();
  });
});
