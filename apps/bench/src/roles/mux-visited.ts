// Ends every stream that the other side opens and ends, and counts them; those of the warm-up cost nothing.
import { hostStreams } from '../mux-host.js';
import { loadMuxPeer } from '../mux-peer-loads.js';
import type { MuxPeerName } from '../mux-peers.js';
import type { MuxStream } from '../mux-peer.js';

export async function muxVisited(
  settings: { peer: MuxPeerName; warmup: number; visits: number },
  ready: (value: { port: number }) => void,
): Promise<{ visits: number; cpuMs: number }> {
  const { peer, warmup, visits } = settings;
  const { reply } = await loadMuxPeer(peer);
  let seen = 0;
  let cpuMs = 0;
  let cpuAtStart = process.cpuUsage();
  const onStream = (stream: MuxStream): void => {
    if (++seen === warmup) cpuAtStart = process.cpuUsage();
    stream.on('data', () => {});
    reply(stream);
    if (seen !== warmup + visits) return;
    const { user, system } = process.cpuUsage(cpuAtStart);
    cpuMs = (user + system) / 1000;
  };
  const { port, empty } = await hostStreams(peer, onStream, () => seen >= warmup + visits);
  ready({ port });
  await empty;
  return { visits: seen - warmup, cpuMs };
}
