// Holds many connections on which nothing happens, and tells what the process grew by and what they cost meanwhile.
import { setTimeout as wait } from 'node:timers/promises';
import { residentBytes } from '../memory.js';
import { fillWaitingRoom, type WaitingRoomSettings } from '../waiting-room.js';

export interface Idle {
  /** Bytes for each connection. */
  resident: number;
  /** Milliseconds of CPU time in a second, for all connections together. */
  cpuMillis: number;
}

export async function idleServer(
  settings: WaitingRoomSettings & { watchMs: number },
  ready: (value: { warmupPort: number; port: number }) => void,
): Promise<Idle> {
  let before = 0;
  await fillWaitingRoom(settings, ready, () => (before = residentBytes()), () => {});
  const resident = (residentBytes() - before) / settings.connections;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await wait(settings.watchMs);
  const { user, system } = process.cpuUsage(cpuBefore);
  return { resident, cpuMillis: (user + system) / (performance.now() - startedAt) };
}
