// What most tests begin with: two multiplexers over a pair of sockets, in memory or real, and streams between them.
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { socketPair } from '@verb-tcp/testing';
import type { TCPSocket } from '@verb-tcp/socket';
import { TCPStreamMultiplexer, type StreamHandler, type TCPStreamMultiplexerOptions } from '../src/index.js';

/** How often: with `MUX_LONG=1` as often as the name of the test says, else a tenth of that, for the inner loop. */
export function often(count: number): number {
  return isLong ? count : count / 10;
}
export const isLong: boolean = process.env['MUX_LONG'] === '1';

export interface MuxPair {
  client: TCPStreamMultiplexer;
  server: TCPStreamMultiplexer;
  sockets: [TCPSocket, TCPSocket];
}

/** Over sockets in memory. */
export function muxPair(options: TCPStreamMultiplexerOptions = {}, serverOptions: TCPStreamMultiplexerOptions = options): MuxPair {
  return muxOver(socketPair(), options, serverOptions);
}

export function muxOver(sockets: [TCPSocket, TCPSocket], options: TCPStreamMultiplexerOptions = {}, serverOptions: TCPStreamMultiplexerOptions = options): MuxPair {
  const client = new TCPStreamMultiplexer(sockets[0], { role: 'client', ...options });
  const server = new TCPStreamMultiplexer(sockets[1], { role: 'server', ...serverOptions });
  return { client, server, sockets };
}

/** Two ends of a connection on 127.0.0.1. */
export async function tcpPair(): Promise<[Socket, Socket]> {
  const listener = createServer({ noDelay: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const dialled = createConnection({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
  const [[socket]] = await Promise.all([accepted, once(dialled, 'connect')]);
  listener.close();
  return [dialled, socket];
}

/** A stream from client to server, both ends of it. */
export async function streamPair({ client, server }: MuxPair, allowHalfOpen = false): Promise<[StreamHandler, StreamHandler]> {
  const accepted = once(server, 'stream') as Promise<[StreamHandler]>;
  const opened = client.openStream('test', {}, { allowHalfOpen });
  const [stream] = await accepted;
  return [opened, stream];
}

/** Every byte until the end. */
export async function readAll(stream: StreamHandler): Promise<Buffer> {
  const chunks: Buffer[] = [];
  // Leaving a loop over the stream itself would destroy it, and what it has still to write.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Turns of the event loop until `condition` holds; fails after so many that it never will. */
export async function until(condition: () => boolean, turns = 200_000): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    if (condition()) return;
    await nextTurn();
  }
  throw new Error(`after ${turns} turns it still did not hold: ${condition.toString()}`);
}

/** Enough turns for everything on the way in a pair to have arrived. */
export async function settled(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}

export function closed(stream: StreamHandler): Promise<void> {
  return new Promise((resolve) => stream.once('close', () => resolve()));
}
