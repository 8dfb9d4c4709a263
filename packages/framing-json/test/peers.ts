// What most tests begin with: a handler over one end of an in-memory pair, the other end raw, and a record of all that
// the handler emitted.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMessageDecoder, encodeMessage } from '@verb-tcp/socket/message';
import { socketPair, type PairSocket, type SocketPairOptions } from '@verb-tcp/testing';
import { MessageHandler, type MessageHandlerOptions } from '../src/index.js';

export interface Recorded {
  messages: unknown[];
  errors: Error[];
  /** Every event by name, in order. */
  events: string[];
}

/** Listens to everything. */
export function record(handler: MessageHandler): Recorded {
  const recorded: Recorded = { messages: [], errors: [], events: [] };
  handler.on('message', (message) => {
    recorded.messages.push(message);
    recorded.events.push('message');
  });
  return Object.assign(recorded, recordEnd(handler, recorded));
}

/** Listens to everything but messages. */
export function recordEnd(handler: MessageHandler, recorded: Recorded = { messages: [], errors: [], events: [] }): Recorded {
  handler.on('error', (error) => {
    recorded.errors.push(error);
    recorded.events.push('error');
  });
  handler.on('close', () => recorded.events.push('close'));
  return recorded;
}

export interface Connection {
  handler: MessageHandler;
  socket: PairSocket;
  peer: PairSocket;
}

/** A handler, its socket, and the raw socket of its peer. */
export function connect(options?: MessageHandlerOptions, pairOptions?: SocketPairOptions): Connection {
  const [peer, socket] = socketPair(pairOptions);
  peer.on('error', () => {});
  return { handler: new MessageHandler(socket, options), socket, peer };
}

/** The handler's `'close'`, also where it was emitted before: a turn is given to what still comes. */
export async function closed(handler: MessageHandler, recorded: Recorded): Promise<void> {
  // Not `once` of node:events, which an `'error'` rejects.
  if (!recorded.events.includes('close')) await new Promise<void>((resolve) => handler.once('close', resolve));
  await nextTurn();
}

/** The bytes of these messages, one behind the other. */
export function frames(...messages: unknown[]): Buffer {
  return Buffer.concat(messages.map((message) => encodeMessage(message)));
}

/** A payload in a frame of its own, whatever it is. */
export function frame(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes]);
}

/** The messages in these bytes, which must hold whole ones only. */
export function decodeAll(...chunks: Uint8Array[]): unknown[] {
  const decoder = createMessageDecoder({ maxMessageBytes: 2 ** 30 });
  decoder.push(Buffer.concat(chunks));
  const messages: unknown[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) messages.push(message);
  if (decoder.byteLength > 0 || decoder.isInsideMessage) throw new Error(`${decoder.byteLength} bytes are left`);
  return messages;
}

/** Everything that arrives at `socket`, as it arrives. */
export function collect(socket: PairSocket): Buffer[] {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}

/** Turns of the event loop until `condition` holds; fails after so many that it never will. */
export async function until(condition: () => boolean, turns = 100_000): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    if (condition()) return;
    await nextTurn();
  }
  throw new Error(`after ${turns} turns it still did not hold: ${condition.toString()}`);
}

/** Enough turns for everything on the way in a pair to have arrived. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await nextTurn();
}
