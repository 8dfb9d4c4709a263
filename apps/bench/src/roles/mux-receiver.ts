// Receives what streams bring until there is enough or time is over, says so on the first of them, and waits until the
// other side has left. What comes before the warm-up is complete does not count.
import { hostStreams } from '../mux-host.js';
import { PumpCheck } from '../mux-load.js';
import { loadMuxPeer } from '../mux-peer-loads.js';
import type { MuxPeerName } from '../mux-peers.js';
import type { MuxStream } from '../mux-peer.js';

export interface StreamsReceived {
  bytes: number;
  elapsedMs: number;
  cpuMs: number;
}

export interface StreamsWanted {
  peer: MuxPeerName;
  /** Of one write. */
  bytes: number;
  warmupBytes: number;
  /** So many, or what comes in so much time. */
  wanted: { bytes: number } | { milliseconds: number };
}

export async function muxReceiver(
  { peer, bytes, warmupBytes, wanted }: StreamsWanted,
  ready: (value: { port: number }) => void,
): Promise<StreamsReceived> {
  const { reply } = await loadMuxPeer(peer);
  const limit = 'bytes' in wanted ? warmupBytes + wanted.bytes : Infinity;
  const time = 'milliseconds' in wanted ? wanted.milliseconds : Infinity;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));
  let first: MuxStream | undefined;
  let received = 0;
  let startedAt = 0;
  let cpuAtStart = process.cpuUsage();
  let result: StreamsReceived | undefined;
  const count = (length: number): void => {
    if (result !== undefined) return;
    received += length;
    if (startedAt === 0) {
      if (received < warmupBytes) return;
      startedAt = performance.now();
      cpuAtStart = process.cpuUsage();
      return;
    }
    const elapsedMs = performance.now() - startedAt;
    if (received < limit && elapsedMs < time) return;
    const { user, system } = process.cpuUsage(cpuAtStart);
    result = { bytes: received - warmupBytes, elapsedMs, cpuMs: (user + system) / 1000 };
    reply(first as MuxStream, Buffer.from('enough'));
  };
  const { port, empty } = await hostStreams(peer, (stream) => {
    first ??= stream;
    const check = new PumpCheck(bytes);
    stream.on('data', (chunk) => {
      try {
        check.take(chunk);
      } catch (error) {
        fail(error);
      }
      count(chunk.byteLength);
    });
  });
  ready({ port });
  await Promise.race([empty, failed]);
  if (result === undefined) throw new Error(`the connection was over after ${received} bytes`);
  return result;
}
