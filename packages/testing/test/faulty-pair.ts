// In-memory pairs with faults between them, what happens at each end, and the fake clock that moves them.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { vi } from 'vitest';
import { impair, socketPair, type Fault, type ImpairedSocket, type ImpairOptions, type PairSocket } from '../src/index.js';

export async function turns(count = 6): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

/** Moves the fake clock, and lets the pairs deliver. */
export async function pass(milliseconds: number): Promise<void> {
  await turns();
  vi.advanceTimersByTime(milliseconds);
  await turns();
}

/** What happens at a socket, in order: its chunks by text, its ends by name. */
export function notes(socket: PairSocket): string[] {
  const seen: string[] = [];
  socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')));
  socket.on('end', () => seen.push('<end>'));
  socket.on('error', (error: NodeJS.ErrnoException) => seen.push(`<${error.code}>`));
  socket.on('close', () => seen.push('<close>'));
  return seen;
}

export interface FaultyPair {
  client: ImpairedSocket;
  server: PairSocket;
  atClient: string[];
  atServer: string[];
}

/** Two ends with faults between them, and what happens at each. */
export function faulty(faults: Fault[], options?: ImpairOptions): FaultyPair {
  const [client, server] = impair(socketPair({ allowHalfOpen: true }), faults, options);
  return { client, server, atClient: notes(client), atServer: notes(server) };
}
