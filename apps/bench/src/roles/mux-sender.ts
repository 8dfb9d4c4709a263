// Fills streams of one connection, all at once, until the other side has enough.
import { dial } from '../loopback.js';
import { pump } from '../mux-load.js';
import { loadMuxPeer } from '../mux-peer-loads.js';
import type { MuxPeerName } from '../mux-peers.js';
import type { MuxStream } from '../mux-peer.js';

export interface StreamsSent {
  /** From the end of the warm-up until the other side had enough. */
  cpuMs: number;
}

export async function muxSender(
  settings: {
    peer: MuxPeerName;
    port: number;
    streams: number;
    bytes: number;
    /** Writes of one stream in one turn of the event loop. */
    perTurn: number;
    warmup: number;
    /** Of each stream; without it there is no end. */
    writes?: number;
  },
  ready: (value: undefined) => void,
): Promise<StreamsSent> {
  const { peer, port, streams, bytes, perTurn, warmup, writes = Infinity } = settings;
  const contender = await loadMuxPeer(peer);
  const client = await contender.connect(() => dial(port));
  ready(undefined);
  let cpuAtStart = process.cpuUsage();
  let written = 0;
  const write = (): void => {
    if (++written === warmup) cpuAtStart = process.cpuUsage();
  };
  const opened: MuxStream[] = [];
  for (let n = 0; n < streams; n++) opened.push(await client.open());
  const enough = new Promise<void>((resolve) => opened[0]?.on('data', () => resolve()));
  const pumps = opened.map((stream) => {
    let left = writes;
    return pump(stream, bytes, perTurn, () => {
      if (left === 0) return false;
      left--;
      write();
      return true;
    });
  });
  await Promise.race([enough, Promise.all(pumps).then(() => enough)]);
  const { user, system } = process.cpuUsage(cpuAtStart);
  return { cpuMs: (user + system) / 1000 };
}
