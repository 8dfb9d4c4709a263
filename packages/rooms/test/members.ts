// What most tests begin with: members over in-memory pairs, each with a peer that decodes what it gets; a peer that does
// not read; and turns of the event loop.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMessageDecoder } from '@verb-tcp/socket/message';
import { socketPair, type PairSocket } from '@verb-tcp/testing';
import type { TCPRoomManager } from '../src/index.js';

export interface TestMember {
  id: string;
  socket: PairSocket;
  peer: PairSocket;
  /** All messages that have arrived. */
  readonly received: any[];
  /** The same, as bytes. */
  bytes(): Buffer;
}

/** A client whose peer reads. */
export function addMember(rooms: TCPRoomManager, id: string, ...joined: string[]): TestMember {
  const member = addSleeper(rooms, id, ...joined);
  const chunks: Buffer[] = [];
  member.peer.on('data', (chunk: Buffer) => chunks.push(chunk));
  const bytes = (): Buffer => Buffer.concat(chunks);
  return Object.defineProperty({ ...member, bytes }, 'received', { get: () => decodeAll(bytes()) });
}

/** The messages in these bytes, which must hold whole ones only. */
export function decodeAll(bytes: Buffer): any[] {
  const decoder = createMessageDecoder({ maxMessageBytes: 2 ** 30 });
  decoder.push(bytes);
  const messages: unknown[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) messages.push(message);
  if (decoder.byteLength > 0 || decoder.isInsideMessage) throw new Error(`${decoder.byteLength} bytes are left`);
  return messages;
}

/** A client whose peer does not read: the pair takes 128 KiB, the rest waits in the socket. */
export function addSleeper(rooms: TCPRoomManager, id: string, ...joined: string[]): TestMember {
  const [peer, socket] = socketPair();
  peer.on('error', () => {});
  rooms.addClient(id, socket);
  for (const room of joined) rooms.joinRoom(id, room);
  return { id, socket, peer, received: [], bytes: () => Buffer.alloc(0) };
}

/** Enough turns for everything on the way in a pair to have arrived. */
export async function settled(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}

/** Turns of the event loop until `condition` holds; fails after so many that it never will. */
export async function until(condition: () => boolean, turns = 100_000): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    if (condition()) return;
    await nextTurn();
  }
  throw new Error(`after ${turns} turns it still did not hold: ${condition.toString()}`);
}

/** A message of about so many bytes. */
export function messageOf(bytes: number, n = 0): { n: number; text: string } {
  return { n, text: 'x'.repeat(bytes) };
}
