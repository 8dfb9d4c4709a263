// Sends to a full room, so many messages in a turn of the event loop, and waits now and then until everything has left, so
// that nobody's queue grows; the warm-up is not measured.
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { broadcasters, type BroadcasterName, type Room } from '../broadcasters.js';
import { messagesOf, type Message } from '../payload.js';

const RING = 64;
/** What is sent between two waits fits into the kernel's buffers. */
const TURNS_BETWEEN_WAITS = 10;

export interface Broadcasted {
  deliveries: number;
  cpuMicros: number;
  elapsedMs: number;
  /** By all sockets, from their beginning. */
  bytesWritten: number;
}

export async function roomServer(
  settings: { broadcaster: BroadcasterName; members: number; bytes: number; perTurn: number; warmup: number; turns: number },
  ready: (value: { port: number }) => void,
): Promise<Broadcasted> {
  const { broadcaster, members, bytes, perTurn, warmup, turns } = settings;
  let count = 0;
  let fill: () => void = () => {};
  const full = new Promise<void>((resolve) => (fill = resolve));
  const room = await broadcasters[broadcaster].open(() => {
    if (++count === members) fill();
  });
  ready({ port: room.port });
  await full;
  const ring = messagesOf(bytes, RING);
  await send(room, ring, perTurn, warmup);
  const before = process.cpuUsage();
  const begun = performance.now();
  await send(room, ring, perTurn, turns);
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = performance.now() - begun;
  const closed = [...room.sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const socket of room.sockets) socket.end();
  await Promise.all(closed);
  const bytesWritten = [...room.sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0);
  return { deliveries: turns * perTurn * members, cpuMicros: user + system, elapsedMs, bytesWritten };
}

async function send(room: Room, ring: readonly Message[], perTurn: number, turns: number): Promise<void> {
  let sent = 0;
  for (let turn = 0; turn < turns; turn++) {
    for (let n = 0; n < perTurn; n++) room.broadcast(ring[sent++ % ring.length] as Message);
    await nextTurn();
    if (turn % TURNS_BETWEEN_WAITS > 0 && turn < turns - 1) continue;
    while (!room.isIdle()) await pause(1);
  }
}
