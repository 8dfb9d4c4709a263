// How fast are JSON messages, what does one cost to send, and does a large one in small chunks stay linear?
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { withVersion } from '../machine.js';
import { peerNames, peers, type PeerName } from '../peers.js';
import { scaled, type Answer, type Question, type Row, type Scale, type Table } from '../question.js';
import { inTurn } from '../rounds.js';
import { spreadOf } from '../statistics.js';

const BYTES = 100;
/** Messages that are sent before the sender yields to the event loop. */
const PER_TURN = 100;
const WARMUP = 30_000;
/** Enough for half a second or more at the speed of each. */
const MESSAGES: Record<PeerName, number> = {
  'framing-json': 500_000,
  'wire by hand': 500_000,
  'split2': 200_000,
  'split2 corked': 400_000,
  'json-socket': 100_000,
  'length-prefixed-stream': 80_000,
  'vscode-jsonrpc': 40_000,
};
const COST = { messages: 100_000, blocks: 3 };
/** Fewer take no time that a clock of microseconds could see. */
const MIN_COST_MESSAGES = 2000;
const LARGE = { largeMebibytes: 16, smallMebibytes: 1, chunkBytes: 1460, blocks: 3 };

interface OneWay {
  perSecond: number;
  sendMicros: number;
  receiveMicros: number;
}

async function oneWay(peer: PeerName, scale: Scale): Promise<OneWay> {
  const counts = { warmup: scaled(WARMUP, scale), messages: scaled(MESSAGES[peer], scale) };
  await using receiver = new Child('messageReceiver', { peer, ...counts });
  const { port } = await receiver.ready;
  await using sender = new Child('messageSender', { peer, port, bytes: BYTES, perTurn: PER_TURN, ...counts });
  const [sent, received] = await Promise.all([sender.result, receiver.result]);
  if (received.messages !== sent.messages || received.sumOfIds !== sent.sumOfIds) {
    throw new Error(`${peer}: ${sent.messages} messages were sent and ${received.messages} arrived, or others did`);
  }
  return {
    perSecond: (counts.messages / received.elapsedMs) * 1000,
    sendMicros: (sent.cpuMs / counts.messages) * 1000,
    receiveMicros: (received.cpuMs / counts.messages) * 1000,
  };
}

interface Cost {
  sendMicros: number;
  stringifyMicros: number;
}

async function cost(peer: PeerName, scale: Scale): Promise<Cost> {
  await using sink = new Child('sink', {});
  const { port } = await sink.ready;
  const messages = scaled(COST.messages, scale, MIN_COST_MESSAGES);
  await using sender = new Child('sendingCost', { peer, port, bytes: BYTES, perTurn: PER_TURN, blocks: COST.blocks, messages });
  const [{ sendMicros, stringifyMicros, bytesSent }, { bytes }] = await Promise.all([sender.result, sink.result]);
  if (bytes !== bytesSent) throw new Error(`${peer}: ${bytesSent} bytes were sent and ${bytes} arrived`);
  return { sendMicros: spreadOf(sendMicros).median, stringifyMicros: spreadOf(stringifyMicros).median };
}

async function large(scale: Scale): Promise<{ large: number; small: number }> {
  const largeMebibytes = scaled(LARGE.largeMebibytes, scale);
  await using decoder = new Child('decodingCost', { ...LARGE, largeMebibytes });
  const { largeNanos, smallNanos } = await decoder.result;
  return { large: spreadOf(largeNanos).median, small: spreadOf(smallNanos).median };
}

function rowOf(peer: PeerName, values: readonly number[], notes?: Record<string, string>): Row {
  const { settings, package: packageName } = peers[peer];
  return { contender: withVersion(peer, packageName), settings, figure: spreadOf(values), ...(notes && { notes }) };
}

function medianOf<T>(results: readonly T[], value: (result: T) => number): string {
  return spreadOf(results.map(value)).median.toFixed(2);
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const ways = await inTurn(eachPeer(peerNames, (peer) => oneWay(peer, scale)), scale.rounds, progress);
  const perSecond = (peer: PeerName): number[] => (ways[peer] as OneWay[]).map((way) => way.perSecond);
  const costPeers = ['framing-json', 'wire by hand', 'split2', 'split2 corked'] as const;
  const costs = await inTurn(eachPeer(costPeers, (peer) => cost(peer, scale)), scale.rounds, progress);
  const sendMicros = (peer: PeerName): number[] => (costs[peer] as Cost[]).map((one) => one.sendMicros);
  const stringifyMicros = (costs['framing-json'] as Cost[]).map((one) => one.stringifyMicros);
  const { decoding } = await inTurn({ decoding: () => large(scale) }, scale.rounds, progress);
  const largeNanos = (decoding as { large: number }[]).map((one) => one.large);
  const smallNanos = (decoding as { small: number }[]).map((one) => one.small);

  const speed: Table = {
    title: `JSON messages of ${BYTES} bytes, one way, two processes, ${PER_TURN} a turn of the event loop`,
    unit: 'messages/s',
    rows: peerNames.map((peer) => {
      const results = ways[peer] as OneWay[];
      return rowOf(peer, perSecond(peer), {
        'CPU µs to send': medianOf(results, (way) => way.sendMicros),
        'CPU µs to receive': medianOf(results, (way) => way.receiveMicros),
      });
    }),
  };
  const sending: Table = {
    title: 'CPU time to send one of them to a process that only counts bytes',
    unit: 'µs',
    rows: [
      { contender: 'JSON.stringify', settings: 'alone, the same messages, same process', figure: spreadOf(stringifyMicros) },
      ...costPeers.map((peer) => rowOf(peer, sendMicros(peer))),
    ],
  };
  const linear: Table = {
    title: `framing-json, messages handed over in chunks of ${LARGE.chunkBytes} bytes`,
    unit: 'ns/byte',
    rows: [
      { contender: `${LARGE.smallMebibytes} MiB`, settings: 'handleData, defaults', figure: spreadOf(smallNanos) },
      { contender: `${LARGE.largeMebibytes} MiB`, settings: 'the same', figure: spreadOf(largeNanos) },
    ],
  };
  const ours = perSecond('framing-json');
  return {
    tables: [speed, sending, linear],
    verdicts: [
      judge({ what: 'one way: framing-json ÷ split2 as people use it', atLeast: 2 }, ours, perSecond('split2')),
      judge({ what: 'one way: framing-json ÷ split2, its sender corked', atLeast: 1 }, ours, perSecond('split2 corked')),
      judge({ what: 'one way: framing-json ÷ vscode-jsonrpc', atLeast: 12 }, ours, perSecond('vscode-jsonrpc')),
      judge({ what: 'CPU to send: framing-json ÷ JSON.stringify', atMost: 3 }, sendMicros('framing-json'), stringifyMicros),
      judge({ what: 'time per byte: 16 MiB ÷ 1 MiB message', atMost: 1.5 }, largeNanos, smallNanos),
    ],
  };
}

function eachPeer<T>(names: readonly PeerName[], measure: (peer: PeerName) => Promise<T>): Record<string, () => Promise<T>> {
  return Object.fromEntries(names.map((name) => [name, () => measure(name)]));
}

export const json: Question = {
  name: 'json',
  asks: 'How fast are JSON messages next to other protocols, and what does one cost?',
  answer,
};
