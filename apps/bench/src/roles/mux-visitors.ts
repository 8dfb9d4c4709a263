// Opens streams that carry nothing and end at once, so many at a time.
import { repeat } from '../crowd.js';
import { dial } from '../loopback.js';
import { loadMuxPeer } from '../mux-peer-loads.js';
import type { MuxPeerName } from '../mux-peers.js';

export interface Visits {
  elapsedMs: number;
  cpuMs: number;
}

export async function muxVisitors(
  settings: { peer: MuxPeerName; port: number; warmup: number; visits: number; atOnce: number },
  ready: (value: undefined) => void,
): Promise<Visits> {
  const { peer, port, warmup, visits, atOnce } = settings;
  const contender = await loadMuxPeer(peer);
  const client = await contender.connect(() => dial(port));
  ready(undefined);
  await repeat(warmup, atOnce, () => client.visit());
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  await repeat(visits, atOnce, () => client.visit());
  const { user, system } = process.cpuUsage(cpuAtStart);
  return { elapsedMs: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
}
