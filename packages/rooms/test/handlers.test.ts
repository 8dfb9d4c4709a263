// Code of the application that fails: listeners and the policy. It harms nobody else.
import type { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TCPRoomManager, type RoomsError } from '../src/index.js';
import { addMember, addSleeper, messageOf, settled } from './members.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Two sleepers, with a burst each in two turns, so that both miss the third message. */
async function twoDrops(rooms: TCPRoomManager): Promise<void> {
  for (const id of ['first', 'second']) addSleeper(rooms, id, 'lobby');
  for (let turn = 0; turn < 3; turn++) {
    rooms.broadcastToRoom('lobby', messageOf(300_000, turn));
    await settled();
  }
}

const options = { notify: false, slowConsumer: 'drop', maxBufferedBytes: 100_000 } as const;

describe('a listener that fails', () => {
  it.each([
    ['throws', () => {
      throw new Error('mine');
    }],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('because it %s is an error event, and the next one is heard', async (_, listener) => {
    const rooms = new TCPRoomManager(options);
    const errors: RoomsError[] = [];
    rooms.on('error', (error) => errors.push(error));
    (rooms as EventEmitter).on('drop', listener as never);
    const ann = addMember(rooms, 'ann', 'lobby');
    await twoDrops(rooms);
    expect(rooms.stats().droppedMessages).toBeGreaterThanOrEqual(2);
    expect(errors).toHaveLength(rooms.stats().droppedMessages);
    expect(errors[0]).toMatchObject({ code: 'ERR_ROOMS_HANDLER_FAILED', cause: { message: 'mine' } });
    expect(errors[0]?.message).toBe("a listener of 'drop' failed: mine");
    expect(ann.received).toHaveLength(3);
  });

  it('is a warning of the process where nobody listens for errors', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const rooms = new TCPRoomManager(options);
    rooms.on('slow', () => {
      throw new Error('mine');
    });
    await twoDrops(rooms);
    expect(warn.mock.calls.map(([warning]) => (warning as RoomsError).code)).toEqual(Array(2).fill('ERR_ROOMS_HANDLER_FAILED'));
  });

  it('of error events is a warning, and the join says false as ever', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const rooms = new TCPRoomManager();
    rooms.on('error', () => {
      throw new Error('mine');
    });
    addMember(rooms, 'ann');
    expect(rooms.joinRoom('ann', '')).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
