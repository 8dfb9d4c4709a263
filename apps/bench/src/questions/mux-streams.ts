// What does a stream cost to open and close, and what does one weigh on which nothing happens?
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { withVersion } from '../machine.js';
import { muxPeers, muxPeersAt, type MuxPeerName } from '../mux-peers.js';
import type { MuxPeer } from '../mux-peer.js';
import { scaled, type Answer, type Question, type Row, type Scale } from '../question.js';
import { inTurn } from '../rounds.js';
import { pairedRatios, spreadOf } from '../statistics.js';

const VISITS: Record<MuxPeerName, number> = { net: 6000, mux: 20_000, http2: 15_000, 'libp2p-yamux': 15_000, multiplex: 20_000 };
const WARMUP_SHARE = 0.25;
const AT_ONCE = 64;
/** Below what each lets in by default; counted, not timed, so few are enough, and once. */
const IDLE = { few: 100, streams: 900 };
const MIN_IDLE = { few: 50, streams: 250 };
const MAX_IDLE_BYTES = 2048;
const OURS: MuxPeerName = 'mux';
const OTHER: MuxPeerName = 'http2';

interface Visit {
  perSecond: number;
  openMicros: number;
  acceptMicros: number;
}

async function visit(peer: MuxPeerName, scale: Scale): Promise<Visit> {
  const visits = scaled(VISITS[peer], scale, AT_ONCE);
  const warmup = scaled(VISITS[peer] * WARMUP_SHARE, scale, AT_ONCE);
  await using visited = new Child('muxVisited', { peer, warmup, visits });
  const { port } = await visited.ready;
  await using visitors = new Child('muxVisitors', { peer, port, warmup, visits, atOnce: AT_ONCE });
  const [made, seen] = await Promise.all([visitors.result, visited.result]);
  if (seen.visits !== visits) throw new Error(`${peer}: ${visits} streams were opened and ${seen.visits} seen`);
  return {
    perSecond: (visits / made.elapsedMs) * 1000,
    openMicros: (made.cpuMs / visits) * 1000,
    acceptMicros: (seen.cpuMs / visits) * 1000,
  };
}

async function weigh(peer: MuxPeerName | 'duplex', scale: Scale): Promise<number> {
  const few = scaled(IDLE.few, scale, MIN_IDLE.few);
  const streams = scaled(IDLE.streams, scale, MIN_IDLE.streams);
  await using child = new Child('idleStreams', { peer, few, streams });
  return (await child.result).bytesPerEnd;
}

function rowOf(name: MuxPeerName, figure: number[], notes: Record<string, string>): Row {
  const { settings, package: packageName }: MuxPeer = muxPeers[name];
  return { contender: withVersion(name, packageName), settings, figure: spreadOf(figure), notes };
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const peers = muxPeersAt(scale);
  const visits = (await inTurn(
    Object.fromEntries(peers.map((name) => [name, () => visit(name, scale)])),
    scale.rounds,
    (what) => progress(`open and close: ${what}`),
  )) as Record<MuxPeerName, Visit[]>;
  const rate = (name: MuxPeerName): number[] => visits[name].map((one) => one.perSecond);
  const micros = (name: MuxPeerName, of: (one: Visit) => number): string => spreadOf(visits[name].map(of)).median.toFixed(1);

  const shared = peers.filter((name) => muxPeers[name].isUnshared !== true);
  const weights = (await inTurn(
    Object.fromEntries([...shared, 'duplex' as const].map((name) => [name, () => weigh(name, scale)])),
    1,
    (what) => progress(`idle: ${what}`),
  )) as Record<MuxPeerName | 'duplex', number[]>;
  const floor = { contender: 'Duplex', settings: 'of Node, with nothing behind it', figure: spreadOf(weights.duplex) };
  return {
    tables: [
      {
        title: `Streams that carry nothing, opened and ended by one side and ended by the other, ${AT_ONCE} at a time`,
        unit: 'streams/s',
        rows: peers.map((name) =>
          rowOf(name, rate(name), {
            [`÷ ${OTHER}`]: spreadOf(pairedRatios(rate(name), rate(OTHER))).median.toFixed(2),
            'CPU µs to open': micros(name, (one) => one.openMicros),
            'to accept': micros(name, (one) => one.acceptMicros),
          }),
        ),
      },
      {
        title: 'The objects of one end of a stream that is open and idle, out of heap snapshots: the mean of both ends',
        unit: 'bytes',
        rows: [...shared.map((name) => rowOf(name, weights[name], {})), floor],
      },
    ],
    verdicts: [
      judge({ what: `open + close: ${OURS} ÷ ${OTHER}`, atLeast: 2 }, rate(OURS), rate(OTHER)),
      judge(
        { what: `an idle stream of ${OURS} ÷ ${MAX_IDLE_BYTES / 1024} KiB`, atMost: 1 },
        weights[OURS],
        weights[OURS].map(() => MAX_IDLE_BYTES),
      ),
    ],
  };
}

export const muxStreams: Question = {
  name: 'mux-streams',
  asks: 'What does a stream cost to open and close, and what does an idle one weigh?',
  answer,
};
