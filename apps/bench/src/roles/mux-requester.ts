// Times requests, each on a stream of its own and one after the other, while a bulk stream takes all that it can get.
import { dial } from '../loopback.js';
import { pump } from '../mux-load.js';
import { loadMuxPeer } from '../mux-peer-loads.js';
import type { MuxPeerName } from '../mux-peers.js';
import type { MuxClient } from '../mux-peer.js';
import { bulkBytesIn, request } from '../mux-request.js';
import { quantile } from '../statistics.js';

export interface RequestTimes {
  /** Microseconds from before the stream is opened until the answer is complete. */
  p50: number;
  p99: number;
  /** Of the bulk stream meanwhile. */
  bulkBytesPerSecond: number;
}

export async function muxRequester(
  settings: { peer: MuxPeerName; port: number; bulkBytes: number; perTurn: number; warmup: number; requests: number },
  ready: (value: undefined) => void,
): Promise<RequestTimes> {
  const { peer, port, bulkBytes, perTurn, warmup, requests } = settings;
  const contender = await loadMuxPeer(peer);
  const client = await contender.connect(() => dial(port));
  const bulk = await client.open();
  ready(undefined);
  const pumping = pump(bulk, bulkBytes, perTurn, () => true);
  const times = async (): Promise<RequestTimes> => {
    for (let n = 0; n < warmup; n++) await ask(client);
    const micros = new Float64Array(requests);
    const bulkBefore = await ask(client);
    const startedAt = performance.now();
    let bulkAfter = 0;
    for (let n = 0; n < requests; n++) {
      const askedAt = performance.now();
      bulkAfter = await ask(client);
      micros[n] = (performance.now() - askedAt) * 1000;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    return { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99), bulkBytesPerSecond: (bulkAfter - bulkBefore) / seconds };
  };
  // The bulk stream never ends by itself; where it is lost, that is the result.
  return Promise.race([times(), pumping.then(() => Promise.reject(new Error('the bulk stream ended')))]);
}

/** Gives what the bulk stream has brought so far. */
async function ask(client: MuxClient): Promise<number> {
  const stream = await client.open();
  const pieces: Buffer[] = [];
  const answer = new Promise<number>((resolve, reject) => {
    stream.on('data', (chunk) => pieces.push(Buffer.from(chunk.subarray())));
    stream.once('end', () => {
      try {
        resolve(bulkBytesIn(Buffer.concat(pieces)));
      } catch (error) {
        reject(error);
      }
    });
    stream.once('close', () => reject(new Error('a stream was closed before its answer was complete')));
  });
  stream.write(request);
  stream.end();
  return answer;
}
