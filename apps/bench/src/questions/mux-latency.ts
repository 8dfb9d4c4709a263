// How long does a small request wait beside a stream that takes all it can get, and what does that one still get?
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { withVersion } from '../machine.js';
import { muxPeers, muxPeersAt, type MuxPeerName } from '../mux-peers.js';
import type { MuxPeer } from '../mux-peer.js';
import { REQUEST_BYTES } from '../mux-request.js';
import { scaled, type Answer, type Question, type Scale } from '../question.js';
import type { RequestTimes } from '../roles/mux-requester.js';
import { inTurn } from '../rounds.js';
import { pairedRatios, spreadOf } from '../statistics.js';

const REQUESTS = 600;
const WARMUP = 100;
const BULK = { bulkBytes: 64 * 1024, perTurn: 16 };
const OURS: MuxPeerName = 'mux';
const OTHER: MuxPeerName = 'http2';

async function measure(peer: MuxPeerName, scale: Scale): Promise<RequestTimes> {
  const counts = { warmup: scaled(WARMUP, scale), requests: scaled(REQUESTS, scale) };
  // One more tells how far the bulk stream is at the beginning.
  const asked = counts.warmup + 1 + counts.requests;
  await using answerer = new Child('muxAnswerer', { peer, requests: asked });
  const { port } = await answerer.ready;
  await using requester = new Child('muxRequester', { peer, port, ...BULK, ...counts });
  const times = await requester.result;
  const { answered } = await answerer.result;
  if (answered !== asked) throw new Error(`${peer}: ${asked} requests were made and ${answered} answered`);
  return times;
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const peers = muxPeersAt(scale);
  const contenders = Object.fromEntries(peers.map((name) => [name, () => measure(name, scale)]));
  const results = (await inTurn(contenders, scale.rounds, progress)) as Record<MuxPeerName, RequestTimes[]>;
  const p99 = (name: MuxPeerName): number[] => results[name].map((one) => one.p99);
  const bulk = (name: MuxPeerName): number[] => results[name].map((one) => one.bulkBytesPerSecond);
  const rows = peers.map((name) => {
    const { settings, package: packageName }: MuxPeer = muxPeers[name];
    return {
      contender: withVersion(name, packageName),
      settings,
      figure: spreadOf(p99(name)),
      notes: {
        [`÷ ${OTHER}`]: spreadOf(pairedRatios(p99(name), p99(OTHER))).median.toFixed(2),
        'p50 µs': spreadOf(results[name].map((one) => one.p50)).median.toFixed(0),
        'bulk MB/s': (spreadOf(bulk(name)).median / 1e6).toFixed(0),
      },
    };
  });
  const title = `A request of ${REQUEST_BYTES} bytes on a new stream, and its answer, one at a time beside a bulk stream: p99`;
  return {
    tables: [{ title, unit: 'µs', rows }],
    verdicts: [
      judge({ what: `p99 of a request: ${OURS} ÷ ${OTHER}`, atMost: 0.7 }, p99(OURS), p99(OTHER)),
      judge({ what: `the bulk stream beside it: ${OURS} ÷ ${OTHER}`, atLeast: 1 }, bulk(OURS), bulk(OTHER)),
    ],
  };
}

export const muxLatency: Question = {
  name: 'mux-latency',
  asks: 'How long does a small request wait beside a bulk stream?',
  answer,
};
