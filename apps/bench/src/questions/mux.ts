// How fast are streams over one connection, next to the connection itself and to others that carry streams? Large and small
// writes, one stream and many.
import { judge, type Verdict } from '../bar.js';
import { Child } from '../child.js';
import { withVersion } from '../machine.js';
import { muxPeers, muxPeersAt, type MuxPeerName } from '../mux-peers.js';
import type { MuxPeer } from '../mux-peer.js';
import { scaled, type Answer, type Question, type Scale, type Table } from '../question.js';
import { inTurn } from '../rounds.js';
import { pairedRatios, spreadOf } from '../statistics.js';

interface Load {
  /** Of one write. */
  bytes: number;
  streams: number;
  /** Of one stream in a turn of the event loop. */
  perTurn: number;
  /** Bytes in all, enough for a third of a second or more at the speed of each; of those that are judged, for about two thirds. */
  total: Record<MuxPeerName, number>;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const LARGE = { net: 1024 * MIB, mux: 1024 * MIB, http2: 768 * MIB, 'libp2p-yamux': 320 * MIB, multiplex: 200 * MIB };
const SMALL = { net: 160 * MIB, mux: 640 * MIB, http2: 480 * MIB, 'libp2p-yamux': 32 * MIB, multiplex: 48 * MIB };
/** Half a second for those that are judged: so long the compiler works, the more the more code there is. */
const WARMUP_SHARE = 0.75;
const RAW: MuxPeerName = 'net';
const OURS: MuxPeerName = 'mux';

const loads: readonly Load[] = [1, 8, 100].flatMap((streams) => [
  { bytes: 64 * KIB, streams, perTurn: 16, total: LARGE },
  { bytes: KIB, streams, perTurn: 64, total: SMALL },
]);

interface OneWay {
  megabytesPerSecond: number;
  /** Of each end, for a megabyte. */
  sendMicros: number;
  receiveMicros: number;
}

/** Bare sockets carry all the writes over one of them: it is the connection that is the floor. */
function streamsOf(peer: MuxPeerName, load: Load): number {
  return muxPeers[peer].isUnshared === true ? 1 : load.streams;
}

async function oneWay(peer: MuxPeerName, load: Load, scale: Scale): Promise<OneWay> {
  const { bytes, perTurn } = load;
  const streams = streamsOf(peer, load);
  const measured = scaled(load.total[peer] / bytes / streams, scale) * streams;
  const warmup = Math.ceil((measured * WARMUP_SHARE) / streams) * streams;
  const wanted = { bytes: measured * bytes };
  await using receiver = new Child('muxReceiver', { peer, bytes, warmupBytes: warmup * bytes, wanted });
  const { port } = await receiver.ready;
  const writes = (warmup + measured) / streams;
  await using sender = new Child('muxSender', { peer, port, streams, bytes, perTurn, warmup, writes });
  const [sent, received] = await Promise.all([sender.result, receiver.result]);
  if (received.bytes !== wanted.bytes) throw new Error(`${peer}: ${wanted.bytes} bytes were sent and ${received.bytes} arrived`);
  const megabytes = received.bytes / 1e6;
  return {
    megabytesPerSecond: (megabytes / received.elapsedMs) * 1000,
    sendMicros: (sent.cpuMs / megabytes) * 1000,
    receiveMicros: (received.cpuMs / megabytes) * 1000,
  };
}

type Ways = Record<MuxPeerName, OneWay[]>;

function rates(ways: Ways, peer: MuxPeerName): number[] {
  return ways[peer].map((way) => way.megabytesPerSecond);
}

function titleOf({ bytes, streams }: Load): string {
  return `${bytes / KIB} KiB writes, ${streams} ${streams === 1 ? 'stream' : 'streams'}`;
}

function tableOf(load: Load, ways: Ways): Table {
  const median = (values: readonly number[]): string => spreadOf(values).median.toFixed(0);
  return {
    title: `${titleOf(load)}, one way, two processes`,
    unit: 'MB/s',
    rows: (Object.keys(ways) as MuxPeerName[]).map((peer) => {
      const { settings, package: packageName, isUnshared = false }: MuxPeer = muxPeers[peer];
      return {
        contender: withVersion(peer, packageName),
        settings: isUnshared ? 'one connection for all writes' : settings,
        figure: spreadOf(rates(ways, peer)),
        notes: {
          '÷ net': spreadOf(pairedRatios(rates(ways, peer), rates(ways, RAW))).median.toFixed(2),
          'CPU µs/MB to send': median(ways[peer].map((way) => way.sendMicros)),
          'to receive': median(ways[peer].map((way) => way.receiveMicros)),
        },
      };
    }),
  };
}

function verdictsOf(load: Load, ways: Ways): Verdict[] {
  const against = (other: MuxPeerName, atLeast: number): Verdict =>
    judge({ what: `${titleOf(load)}: ${OURS} ÷ ${other}`, atLeast }, rates(ways, OURS), rates(ways, other));
  if (load.bytes > KIB) return [against(RAW, load.streams === 1 ? 0.9 : 0.8), against('http2', 1.3)];
  return load.streams === 8 ? [against('http2', 1.5)] : [];
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const peers = muxPeersAt(scale);
  const tables: Table[] = [];
  const verdicts: Verdict[] = [];
  for (const load of loads) {
    const contenders = Object.fromEntries(peers.map((name) => [name, () => oneWay(name, load, scale)]));
    const ways = (await inTurn(contenders, scale.rounds, (what) => progress(`${titleOf(load)}: ${what}`))) as Ways;
    tables.push(tableOf(load, ways));
    verdicts.push(...verdictsOf(load, ways));
  }
  return { tables, verdicts };
}

export const mux: Question = {
  name: 'mux',
  asks: 'How fast are streams over one connection, next to the connection itself and to other streams?',
  answer,
};
