// When grants leave: with those of other streams while they have time, and no later.
import type { Duplex } from 'node:stream';
import type { TCPSocket } from '@verb-tcp/socket';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StreamHandler } from '../src/index.js';
import { GrowthBudget, ReceiveWindow } from '../src/receive-window.js';
import { muxPair, settled } from './pairs.js';
import { frame } from './wire.js';

const KIB = 1024;
const MIB = KIB * KIB;
const WINDOW = 256 * KIB;

/** How many grants each message has that goes to this socket from now on. */
function watchGrants(socket: TCPSocket): number[] {
  const grants: number[] = [];
  const write = socket.write.bind(socket);
  socket.write = (bytes: Uint8Array, ...rest: []) => {
    const text = Buffer.from(bytes).toString('latin1');
    if (text.includes('"window"')) grants.push(text.split('],[').length);
    return write(bytes, ...rest);
  };
  return grants;
}

describe('a grant', () => {
  it('has time to go with others while a quarter of the window is left', () => {
    const window = new ReceiveWindow(WINDOW, 0);
    window.receive(WINDOW * 0.75, 0);
    expect(window.isGrantUrgent).toBe(false);
    window.receive(1, 0);
    expect(window.isGrantUrgent).toBe(true);
    window.consumed = WINDOW / 2;
    window.grant(1000, 1, WINDOW, new GrowthBudget(0));
    expect(window.isGrantUrgent).toBe(false);
  });

  it('has no time beyond its turn where no more is left than comes in a round trip', () => {
    /** What is left then, where half of it was taken in so many milliseconds. */
    const leftWhenPressing = (roundTrip: number, milliseconds: number): number => {
      const window = new ReceiveWindow(WINDOW, 0);
      window.receive(WINDOW / 2, milliseconds);
      window.consumed = WINDOW / 2;
      window.grantFellDue(milliseconds, roundTrip);
      let left = WINDOW / 2;
      for (; !window.isGrantPressing; left--) window.receive(1, milliseconds);
      return left;
    };
    expect(leftWhenPressing(50, 100)).toBe(WINDOW / 4);
    expect(leftWhenPressing(100, 100)).toBe(WINDOW / 2);
    // What is not known, or is shorter, counts as 2 ms.
    expect([leftWhenPressing(0, 8), leftWhenPressing(0.1, 8)]).toEqual([WINDOW / 8, WINDOW / 8]);
  });

  it('goes in one message with those of all streams that were read in the same turn', async () => {
    // Windows that grow would leave more, or less, by how fast this machine is.
    const pair = muxPair({ maxWindowBytes: WINDOW });
    pair.server.on('stream', (stream) => stream.resume());
    const opened = Array.from({ length: 20 }, () => pair.client.openStream('t'));
    await settled();
    expect(pair.server.stats()).toMatchObject({ peer: 'extended', streams: { peers: 20 } });
    const socket = pair.sockets[1] as Duplex & TCPSocket;
    const grants = watchGrants(socket);
    const read = async (bytes: number): Promise<void> => {
      for (const { id } of opened) {
        socket.emit('data', frame(id, Buffer.alloc(bytes)));
        await new Promise((resolve) => process.nextTick(resolve));
      }
    };
    await read(WINDOW / 2);
    expect(grants).toEqual([]);
    await settled();
    expect(grants).toEqual([20]);
    // Nothing is left of these: they wait for nobody.
    await read(WINDOW);
    expect(grants.length).toBe(21);
    pair.client.destroy();
    pair.server.destroy();
  });
});

describe('a grant that has time', () => {
  interface Busy {
    /** What one turn of the event loop brings, and how long it takes. */
    turn: (parts: [index: number, bytes: number][], milliseconds?: number) => Promise<void>;
    accepted: StreamHandler[];
    /** Of grants. */
    messages: () => number;
  }

  /** Streams with windows of 4 MiB, of which nothing was read for 100 ms. */
  async function busy(): Promise<Busy> {
    let now = 1000;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    const pair = muxPair({ initialWindowBytes: 4 * MIB, maxWindowBytes: 4 * MIB });
    onTestFinished(() => [pair.client, pair.server].forEach((one) => one.destroy()));
    const accepted: StreamHandler[] = [];
    pair.server.on('stream', (stream) => accepted.push(stream.resume()));
    const opened = Array.from({ length: 20 }, () => pair.client.openStream('t'));
    await settled();
    now += 100;
    const socket = pair.sockets[1] as Duplex & TCPSocket;
    const grants = watchGrants(socket);
    const turn = async (parts: [index: number, bytes: number][], milliseconds = 0): Promise<void> => {
      for (const [index, bytes] of parts) socket.emit('data', frame((opened[index] as StreamHandler).id, Buffer.alloc(bytes)));
      now += milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => process.nextTick(resolve));
    };
    return { turn, accepted, messages: () => grants.length };
  }

  it('waits while each turn brings a MiB, and no longer', async () => {
    const { turn, messages } = await busy();
    await turn([[0, 2 * MIB], [1, MIB]]);
    for (let index = 2; index <= 5; index++) await turn([[index, MIB]]);
    expect(messages()).toBe(0);
    await turn([[6, MIB - 1]]);
    expect(messages()).toBe(1);
  });

  it('waits for nobody beyond its turn where its rate leaves less than a round trip', async () => {
    const { turn, messages } = await busy();
    await turn([[0, MIB]], -98);
    await turn([[0, MIB], [1, MIB]]);
    expect(messages()).toBe(1);
  });

  it('waits for ten milliseconds at most', async () => {
    const { turn, messages } = await busy();
    await turn([[0, 2 * MIB], [1, MIB]], 1);
    for (let index = 2; index <= 9; index++) await turn([[index, MIB]], 1);
    expect(messages()).toBe(0);
    await turn([[10, MIB]], 1);
    expect(messages()).toBe(1);
  });

  it('waits for nobody once a quarter of its window is left, read or not', async () => {
    const { turn, accepted, messages } = await busy();
    await turn([[0, 2 * MIB], [1, 2 * MIB]]);
    await turn([[0, MIB]]);
    expect(messages()).toBe(0);
    await turn([[0, 1]]);
    expect(messages()).toBe(1);
    await turn([[2, 2 * MIB], [3, MIB]]);
    accepted[2]?.pause();
    // The first fills what Node keeps; the others are kept for it.
    await turn([[2, MIB]]);
    expect(messages()).toBe(1);
    await turn([[2, 1], [3, MIB - 1]]);
    expect(messages()).toBe(2);
  });
});
