// What is left of a long line when a stream goes over it, from its first byte on? Three processes: the line is one of them.
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { withVersion } from '../machine.js';
import { muxPeers, muxPeersAt, type MuxPeerName } from '../mux-peers.js';
import type { MuxPeer } from '../mux-peer.js';
import { scaled, type Answer, type Question, type Scale, type Table } from '../question.js';
import { inTurn } from '../rounds.js';
import { pairedRatios, spreadOf } from '../statistics.js';

const ROUND_TRIPS_MS = [20, 60, 100];
const BYTES_PER_SECOND = 50_000_000;
const BYTES = 64 * 1024;
const PER_TURN = 16;
/** From the first byte that arrives: windows that grow do so in this time. */
const WATCH_MS = 3000;
const MIN_WATCH_MS = 150;
const RAW: MuxPeerName = 'net';
const OURS: MuxPeerName = 'mux';

/** Megabytes a second. */
async function measure(peer: MuxPeerName, roundTripMs: number, scale: Scale): Promise<number> {
  const wanted = { milliseconds: scaled(WATCH_MS, scale, MIN_WATCH_MS) };
  await using receiver = new Child('muxReceiver', { peer, bytes: BYTES, warmupBytes: 0, wanted });
  const { port } = await receiver.ready;
  await using line = new Child('muxProxy', { port, bytesPerSecond: BYTES_PER_SECOND, roundTripMs });
  const settings = { peer, port: (await line.ready).port, streams: 1, bytes: BYTES, perTurn: PER_TURN, warmup: 1 };
  await using sender = new Child('muxSender', settings);
  const [received] = await Promise.all([receiver.result, sender.result]);
  return received.bytes / 1000 / received.elapsedMs;
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const peers = muxPeersAt(scale);
  const tables: Table[] = [];
  const verdicts = [];
  for (const roundTripMs of ROUND_TRIPS_MS) {
    const contenders = Object.fromEntries(peers.map((name) => [name, () => measure(name, roundTripMs, scale)]));
    const results = (await inTurn(contenders, scale.rounds, (what) => progress(`${roundTripMs} ms: ${what}`))) as Record<MuxPeerName, number[]>;
    tables.push({
      title: `One stream, 64 KiB writes, over ${BYTES_PER_SECOND / 1e6} MB/s with a round trip of ${roundTripMs} ms, its first ${WATCH_MS / 1000} s`,
      unit: 'MB/s',
      rows: peers.map((name) => {
        const { settings, package: packageName, isUnshared = false }: MuxPeer = muxPeers[name];
        return {
          contender: withVersion(name, packageName),
          settings: isUnshared ? 'one connection' : settings,
          figure: spreadOf(results[name]),
          notes: { '÷ net': spreadOf(pairedRatios(results[name], results[RAW])).median.toFixed(2) },
        };
      }),
    });
    verdicts.push(judge({ what: `${roundTripMs} ms: ${OURS} ÷ ${RAW}`, atLeast: 0.8 }, results[OURS], results[RAW]));
  }
  return { tables, verdicts };
}

export const muxDelay: Question = {
  name: 'mux-delay',
  asks: 'What is left of a long line when a stream goes over it?',
  answer,
};
