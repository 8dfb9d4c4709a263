// Heap after many joins and leaves, measured with the garbage collected. What is asserted is that it does not grow with the
// number of joins; absolute figures belong to the bench.
import { describe, expect, it } from 'vitest';
import { socketPair } from '@verb-tcp/testing';
import { TCPRoomManager } from '../src/index.js';
import { settled } from './members.js';

const CLIENTS = 100;
const ROOMS = 100;
const ROUNDS = 10;
/** Of the heap, for each join and leave: a membership that stayed would be a hundred. */
const MAX_GROWTH_BYTES = 4 * CLIENTS * ROOMS * ROUNDS;

function heap(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

describe('joins and leaves', () => {
  it('leave nothing behind: a hundred thousand of them, in ten thousand rooms (the bench has the million)', () => {
    const rooms = new TCPRoomManager({ notify: false, maxRoomsPerClient: Infinity });
    const ids = Array.from({ length: CLIENTS }, (_, n) => `client-${n}`);
    for (const id of ids) rooms.addClient(id, socketPair()[0]);
    const round = (): void => {
      for (const id of ids) for (let n = 0; n < ROOMS; n++) if (!rooms.joinRoom(id, `${id}-${n}`)) throw new Error(`${id} ${n}`);
      expect(rooms.stats()).toMatchObject({ rooms: CLIENTS * ROOMS, memberships: CLIENTS * ROOMS });
      for (const id of ids) for (let n = 0; n < ROOMS; n++) rooms.leaveRoom(id, `${id}-${n}`);
      expect(rooms.stats()).toMatchObject({ rooms: 0, memberships: 0 });
    };
    round();
    const before = heap();
    for (let n = 1; n < ROUNDS; n++) round();
    expect(heap() - before).toBeLessThan(MAX_GROWTH_BYTES);
  });

  it('of clients that come and go leave none of them behind', async () => {
    const rooms = new TCPRoomManager();
    const gone: WeakRef<object>[] = [];
    const visit = async (n: number): Promise<void> => {
      const [socket, peer] = socketPair();
      gone.push(new WeakRef(socket));
      rooms.addClient(`c${n}`, socket);
      for (const room of ['a', 'b']) rooms.joinRoom(`c${n}`, room);
      peer.on('error', () => {});
      peer.resume();
      rooms.broadcastToRoom('a', 'hello');
      await settled(2);
      socket.destroy();
      await settled(4);
    };
    for (let n = 0; n < 50; n++) await visit(n);
    rooms.close();
    await settled();
    heap();
    await settled();
    heap();
    expect(rooms.stats()).toMatchObject({ clients: 0, rooms: 0, memberships: 0 });
    // The last one may still be on a stack.
    expect(gone.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1);
  });
});
