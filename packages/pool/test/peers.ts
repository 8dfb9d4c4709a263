// What most tests begin with: sockets in a pool, their peers, and a record of all that the pool told.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { socketPair, type PairSocket, type SocketPairOptions } from '@verb-tcp/testing';
import type { PooledConnection, TCPConnectionPool } from '../src/index.js';

export interface Recorded {
  /** `add 127.0.0.1:1`, `remove 127.0.0.1:1`… in order. */
  events: string[];
  removed: { connection: PooledConnection; error: Error | undefined }[];
}

/** Listens to everything. */
export function record(pool: TCPConnectionPool): Recorded {
  const recorded: Recorded = { events: [], removed: [] };
  pool.on('add', ({ id }) => recorded.events.push(`add ${id}`));
  pool.on('idle', ({ id }) => recorded.events.push(`idle ${id}`));
  pool.on('slow', ({ id }) => recorded.events.push(`slow ${id}`));
  pool.on('full', ({ code }) => recorded.events.push(`full ${code}`));
  pool.on('remove', (connection, error) => {
    recorded.events.push(`remove ${connection.id}`);
    recorded.removed.push({ connection, error });
  });
  return recorded;
}

export interface Member {
  id: string;
  socket: PairSocket;
  peer: PairSocket;
}

/** A socket in the pool, and its peer, which reads nothing yet. */
export function join(pool: TCPConnectionPool, options?: SocketPairOptions): Member {
  const [peer, socket] = socketPair(options);
  peer.on('error', () => {});
  return { id: pool.addConnection(socket), socket, peer };
}

/** A server's and a client's end over loopback, or a unix socket. */
export async function realPair(path?: string): Promise<{ socket: Socket; peer: Socket; server: Server }> {
  const server = createServer();
  server.listen(path ?? { port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const peer = connect(path === undefined ? { port: (server.address() as AddressInfo).port, host: '127.0.0.1' } : { path });
  peer.on('error', () => {});
  const [[socket]] = await Promise.all([once(server, 'connection') as Promise<[Socket]>, once(peer, 'connect')]);
  server.close();
  return { socket, peer, server };
}

/** Everything that arrives, as text. */
export function collect(socket: PairSocket | Socket): { text: string } {
  const collected = { text: '' };
  (socket as Socket).on('data', (chunk: Buffer) => (collected.text += String(chunk)));
  return collected;
}

/** Turns of the event loop until `condition` holds; fails after five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never came true: ${condition.toString()}`);
    await nextTurn();
  }
}

/** Enough turns for everything on the way in a pair to have arrived, and for a pool to count several turns. */
export async function settled(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
}
