// Receives messages of one peer: the warm-up on one connection, and those that are timed on the next, so that nothing of
// the warm-up is still under way. It is the one to close: some peers drop what they have read and not yet handed over as
// soon as the sender closes.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { listen } from '../loopback.js';
import { peers, type PeerName } from '../peers.js';

/** What one connection brought. */
export interface Received {
  messages: number;
  sumOfIds: number;
  elapsedMs: number;
  cpuMs: number;
}

export async function messageReceiver(
  settings: { peer: PeerName; warmup: number; messages: number },
  ready: (value: { port: number }) => void,
): Promise<Received> {
  const { peer, warmup, messages } = settings;
  const listener = await listen();
  ready({ port: listener.port });
  await receive(peer, await listener.accept(), warmup);
  const received = await receive(peer, await listener.accept(), messages);
  listener.close();
  return received;
}

async function receive(peer: PeerName, socket: Socket, wanted: number): Promise<Received> {
  const result: Received = { messages: 0, sumOfIds: 0, elapsedMs: 0, cpuMs: 0 };
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  peers[peer].receiver(socket, (message) => {
    result.sumOfIds += message.id;
    if (++result.messages !== wanted) return;
    result.elapsedMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpuAtStart);
    result.cpuMs = (user + system) / 1000;
    socket.end();
  });
  await once(socket, 'close');
  return result;
}
