// Receives payloads of one peer: the warm-up on one connection, and those that are timed on the next. It is the one to close.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { listen } from '../loopback.js';
import { payloadPeers, type PayloadPeerName } from '../payload-peers.js';

/** What one connection brought. */
export interface PayloadsReceived {
  bytes: number;
  /** Of the numbers that payloads begin with; 0 where nothing tells where one begins. */
  sumOfIds: number;
  elapsedMs: number;
  cpuMs: number;
}

export async function payloadReceiver(
  settings: { peer: PayloadPeerName; bytes: number; warmup: number; messages: number },
  ready: (value: { port: number }) => void,
): Promise<PayloadsReceived> {
  const { peer, bytes, warmup, messages } = settings;
  const listener = await listen();
  ready({ port: listener.port });
  await receive(peer, await listener.accept(), warmup * bytes);
  const received = await receive(peer, await listener.accept(), messages * bytes);
  listener.close();
  return received;
}

async function receive(peer: PayloadPeerName, socket: Socket, wanted: number): Promise<PayloadsReceived> {
  const result: PayloadsReceived = { bytes: 0, sumOfIds: 0, elapsedMs: 0, cpuMs: 0 };
  const contender = payloadPeers[peer];
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  contender.receiver(socket, (payload) => {
    if (contender.isFramed) result.sumOfIds += payload.readUInt32BE(0);
    result.bytes += payload.length;
    if (result.bytes !== wanted) return;
    result.elapsedMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuAtStart);
    result.cpuMs = (user + system) / 1000;
    socket.end();
  });
  await once(socket, 'close');
  return result;
}
