// Sends messages of one peer: the warm-up over one connection, and those that are timed over the next.
import { once } from 'node:events';
import { dial } from '../loopback.js';
import { messagesOf, sumOfIds, type Message } from '../payload.js';
import { sendInTurns } from '../peer.js';
import { peers, type PeerName } from '../peers.js';

const RING = 1024;

export interface Sent {
  messages: number;
  sumOfIds: number;
  cpuMs: number;
}

export async function messageSender(
  settings: { peer: PeerName; port: number; bytes: number; warmup: number; messages: number; perTurn: number },
  ready: (value: undefined) => void,
): Promise<Sent> {
  const { peer, port, bytes, warmup, messages, perTurn } = settings;
  const ring = messagesOf(bytes, RING);
  ready(undefined);
  await send(peer, port, ring, warmup, perTurn);
  const cpuMs = await send(peer, port, ring, messages, perTurn);
  return { messages, sumOfIds: sumOfIds(ring, messages), cpuMs };
}

/** Settles when the receiver has them all. */
async function send(peer: PeerName, port: number, ring: readonly Message[], messages: number, perTurn: number): Promise<number> {
  const socket = await dial(port);
  const closed = once(socket, 'close');
  const sender = peers[peer].sender(socket);
  // Or the end of the receiver goes unseen where the peer does not read on this side.
  socket.resume();
  const cpuAtStart = process.cpuUsage();
  await sendInTurns(sender, ring, messages, perTurn);
  await closed;
  const { user, system } = process.cpuUsage(cpuAtStart);
  return (user + system) / 1000;
}
