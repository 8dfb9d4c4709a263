// How fast are binary messages, short ones next to another framing and long ones next to no framing at all, and does a very
// long one in small chunks stay linear?
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { withVersion } from '../machine.js';
import { payloadPeers, type PayloadPeerName } from '../payload-peers.js';
import { scaled, type Answer, type Question, type Scale, type Table } from '../question.js';
import { inTurn } from '../rounds.js';
import { spreadOf } from '../statistics.js';

interface Load {
  bytes: number;
  /** Payloads that are sent before the sender yields to the event loop. */
  perTurn: number;
  warmup: number;
  /** Enough for half a second or more at the speed of each. */
  messages: Partial<Record<PayloadPeerName, number>>;
}

const SHORT: Load = {
  bytes: 64,
  perTurn: 100,
  warmup: 30_000,
  messages: { 'framing-binary': 600_000, 'its wire by hand': 600_000, 'length-prefixed-stream': 100_000 },
};
const LONG: Load = {
  bytes: 64 * 1024,
  perTurn: 16,
  warmup: 2000,
  messages: { 'framing-binary': 16_000, 'net': 16_000, 'net, copied': 16_000, 'length-prefixed-stream': 16_000 },
};
const LARGE = { largeMebibytes: 16, smallMebibytes: 1, chunkBytes: 1460, blocks: 3 };

interface OneWay {
  perSecond: number;
  sendMicros: number;
  receiveMicros: number;
}

async function oneWay(peer: PayloadPeerName, load: Load, scale: Scale): Promise<OneWay> {
  const { bytes, perTurn } = load;
  const counts = { bytes, warmup: scaled(load.warmup, scale), messages: scaled(load.messages[peer] ?? 0, scale) };
  await using receiver = new Child('payloadReceiver', { peer, ...counts });
  const { port } = await receiver.ready;
  await using sender = new Child('payloadSender', { peer, port, perTurn, ...counts });
  const [sent, received] = await Promise.all([sender.result, receiver.result]);
  const isSame = !payloadPeers[peer].isFramed || received.sumOfIds === sent.sumOfIds;
  if (received.bytes !== counts.messages * bytes || !isSame) {
    throw new Error(`${peer}: ${counts.messages} payloads of ${bytes} bytes were sent and ${received.bytes} bytes arrived, or others did`);
  }
  return {
    perSecond: (counts.messages / received.elapsedMs) * 1000,
    sendMicros: (sent.cpuMs / counts.messages) * 1000,
    receiveMicros: (received.cpuMs / counts.messages) * 1000,
  };
}

type Ways = Partial<Record<PayloadPeerName, OneWay[]>>;

async function measure(load: Load, scale: Scale, progress: (what: string) => void): Promise<Ways> {
  const names = Object.keys(load.messages) as PayloadPeerName[];
  return inTurn(Object.fromEntries(names.map((name) => [name, () => oneWay(name, load, scale)])), scale.rounds, progress);
}

function perSecond(ways: Ways, peer: PayloadPeerName): number[] {
  return (ways[peer] ?? []).map((way) => way.perSecond);
}

function tableOf(title: string, ways: Ways): Table {
  const median = (values: readonly number[]): string => spreadOf(values).median.toFixed(2);
  return {
    title,
    unit: 'messages/s',
    rows: (Object.keys(ways) as PayloadPeerName[]).map((peer) => {
      const of = ways[peer] ?? [];
      const { settings, package: packageName } = payloadPeers[peer] as { settings: string; package?: string };
      const notes = {
        'CPU µs to send': median(of.map((way) => way.sendMicros)),
        'CPU µs to receive': median(of.map((way) => way.receiveMicros)),
      };
      return { contender: withVersion(peer, packageName), settings, figure: spreadOf(perSecond(ways, peer)), notes };
    }),
  };
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const short = await measure(SHORT, scale, progress);
  const long = await measure(LONG, scale, progress);
  const decode = async (): Promise<{ large: number; small: number }> => {
    await using decoder = new Child('binaryDecodingCost', { ...LARGE, largeMebibytes: scaled(LARGE.largeMebibytes, scale) });
    const { largeNanos, smallNanos } = await decoder.result;
    return { large: spreadOf(largeNanos).median, small: spreadOf(smallNanos).median };
  };
  const { decoding = [] } = await inTurn({ decoding: decode }, scale.rounds, progress);
  const largeNanos = decoding.map((one) => one.large);
  const smallNanos = decoding.map((one) => one.small);
  const linear: Table = {
    title: `framing-binary, messages handed over in chunks of ${LARGE.chunkBytes} bytes`,
    unit: 'ns/byte',
    rows: [
      { contender: `${LARGE.smallMebibytes} MiB`, settings: 'handleBinaryData, defaults', figure: spreadOf(smallNanos) },
      { contender: `${LARGE.largeMebibytes} MiB`, settings: 'the same', figure: spreadOf(largeNanos) },
    ],
  };
  const where = 'one way, two processes';
  return {
    tables: [
      tableOf(`payloads of ${SHORT.bytes} bytes, ${where}, ${SHORT.perTurn} a turn of the event loop`, short),
      tableOf(`payloads of ${LONG.bytes / 1024} KiB, ${where}`, long),
      linear,
    ],
    verdicts: [
      judge(
        { what: '64 B: framing-binary ÷ length-prefixed-stream', atLeast: 5 },
        perSecond(short, 'framing-binary'),
        perSecond(short, 'length-prefixed-stream'),
      ),
      judge({ what: '64 KiB: framing-binary ÷ net', atLeast: 0.95 }, perSecond(long, 'framing-binary'), perSecond(long, 'net')),
      judge({ what: 'time per byte: 16 MiB ÷ 1 MiB message', atMost: 1.5 }, largeNanos, smallNanos),
    ],
  };
}

export const binary: Question = {
  name: 'binary',
  asks: 'How fast are binary messages next to another framing, and next to none?',
  answer,
};
