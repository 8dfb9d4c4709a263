// What most tests begin with: a handler over one end of an in-memory pair, the other end raw, and a record of all that
// the handler emitted.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { socketPair, type PairSocket, type SocketPairOptions } from '@verb-tcp/testing';
import { BinaryProtocolHandler, createDecoder, type BinaryMessage, type BinaryProtocolOptions } from '../src/index.js';

export interface Recorded {
  messages: BinaryMessage[];
  errors: Error[];
  /** Every event by name, in order. */
  events: string[];
}

/** Listens to everything. */
export function record(handler: BinaryProtocolHandler): Recorded {
  const recorded: Recorded = { messages: [], errors: [], events: [] };
  handler.on('message', (message) => {
    recorded.messages.push(message);
    recorded.events.push('message');
  });
  for (const event of ['heartbeat', 'pong', 'data', 'fileTransfer', 'unknown'] as const) {
    handler.on(event, () => recorded.events.push(event));
  }
  return recordEnd(handler, recorded);
}

/** Listens to everything but messages. */
export function recordEnd(handler: BinaryProtocolHandler, recorded: Recorded = { messages: [], errors: [], events: [] }): Recorded {
  handler.on('error', (error) => {
    recorded.errors.push(error);
    recorded.events.push('error');
  });
  handler.on('close', () => recorded.events.push('close'));
  return recorded;
}

export interface Connection {
  handler: BinaryProtocolHandler;
  socket: PairSocket;
  peer: PairSocket;
}

/** A handler, its socket, and the raw socket of its peer. */
export function connect(options?: BinaryProtocolOptions, pairOptions?: SocketPairOptions): Connection {
  const [peer, socket] = socketPair(pairOptions);
  peer.on('error', () => {});
  return { handler: new BinaryProtocolHandler(socket, options), socket, peer };
}

/** The handler's `'close'`, also where it was emitted before: a turn is given to what still comes. */
export async function closed(handler: BinaryProtocolHandler, recorded: Recorded): Promise<void> {
  if (!recorded.events.includes('close')) await new Promise<void>((resolve) => handler.once('close', resolve));
  await nextTurn();
}

/** A frame put together by Node's own writers, not by ours; `length` may lie. */
export function frame(type: number, payload: string | Uint8Array = '', flags = 0, length?: number): Buffer {
  const body = Buffer.from(payload as string);
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt32BE(length ?? body.length, 2);
  bytes.writeUInt16BE(flags, 6);
  body.copy(bytes, 8);
  return bytes;
}

/** Data messages, one behind the other. */
export function data(...payloads: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(payloads.map((payload) => frame(0x10, payload)));
}

/** The messages in these bytes, which must hold whole ones only. */
export function decodeAll(...chunks: Uint8Array[]): BinaryMessage[] {
  const decoder = createDecoder({ maxPayloadBytes: 2 ** 30 });
  decoder.push(Buffer.concat(chunks));
  const messages: BinaryMessage[] = [];
  for (let message = decoder.next(); message !== undefined; message = decoder.next()) messages.push(message);
  if (decoder.byteLength > 0) throw new Error(`${decoder.byteLength} bytes are left`);
  return messages;
}

/** Messages with their payloads as text, a character for a byte: buffers take the test runner seconds to compare. */
export function plain(messages: readonly BinaryMessage[]): { type: number; flags: number; length: number; text: string }[] {
  return messages.map(({ type, flags, length, payload }) => ({ type, flags, length, text: payload.toString('latin1') }));
}

/** Payloads as text. */
export function texts(messages: readonly BinaryMessage[]): string[] {
  return messages.map(({ payload }) => payload.toString());
}

/** Everything that arrives at `socket`, as it arrives. */
export function collect(socket: PairSocket): Buffer[] {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}

/** Enough turns for everything on the way in a pair to have arrived. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await nextTurn();
}
