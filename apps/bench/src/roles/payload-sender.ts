// Sends payloads of one peer: the warm-up over one connection, and those that are timed over the next.
import { once } from 'node:events';
import { dial } from '../loopback.js';
import { payloadPeers, type PayloadPeerName } from '../payload-peers.js';

const RING = 64;

export interface PayloadsSent {
  sumOfIds: number;
  cpuMs: number;
}

export async function payloadSender(
  settings: { peer: PayloadPeerName; port: number; bytes: number; warmup: number; messages: number; perTurn: number },
  ready: (value: undefined) => void,
): Promise<PayloadsSent> {
  const { peer, port, bytes, warmup, messages, perTurn } = settings;
  const ring = Array.from({ length: RING }, (_, id) => {
    const payload = Buffer.alloc(bytes, id);
    payload.writeUInt32BE(id, 0);
    return payload;
  });
  ready(undefined);
  await send(peer, port, ring, warmup, perTurn);
  const cpuMs = await send(peer, port, ring, messages, perTurn);
  let sumOfIds = 0;
  for (let sent = 0; sent < messages; sent++) sumOfIds += sent % RING;
  return { sumOfIds, cpuMs };
}

/** Settles when the receiver has them all. */
async function send(peer: PayloadPeerName, port: number, ring: readonly Buffer[], count: number, perTurn: number): Promise<number> {
  const socket = await dial(port);
  const closed = once(socket, 'close');
  const sender = payloadPeers[peer].sender(socket);
  // Or the end of the receiver goes unseen where the peer does not read on this side.
  socket.resume();
  const cpuAtStart = process.cpuUsage();
  let sent = 0;
  while (sent < count) {
    const turnEnd = Math.min(sent + perTurn, count);
    let more = true;
    while (more && sent < turnEnd) more = sender.send(ring[sent++ % RING] as Buffer);
    await (more ? new Promise((resolve) => setImmediate(resolve)) : sender.drained());
  }
  await closed;
  const { user, system } = process.cpuUsage(cpuAtStart);
  return (user + system) / 1000;
}
