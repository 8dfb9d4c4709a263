// How fast do files get from disk to disk, hashed at both ends: against a bare pipeline that does the same; many small ones; and
// over a line with delay.
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { scaled, type Answer, type Question, type Row, type Scale } from '../question.js';
import { inTurn } from '../rounds.js';
import { spreadOf } from '../statistics.js';

const MIB = 1024 * 1024;
const FILE_BYTES = 256 * MIB;
const SMALL_FILES = 1000;
const DELAY = 50;
const DELAYED_BYTES = 128 * MIB;
/** In so many bytes the rate of two chunks a round trip is known well enough. */
const FEW_BYTES = 8 * MIB;
const TWO_CHUNKS = 1;

interface Job {
  mode: 'raw' | 'binary' | 'json';
  bytes: number;
  files?: number;
  atOnce?: number;
  fsync?: 'publish' | 'never';
  delay?: number;
  windowBytes?: number;
}

interface Figures {
  /** MiB or files a second. */
  perSecond: number;
  /** CPU of both ends, in milliseconds for each MiB or file. */
  cpuMs: number;
}

async function measure({ mode, bytes, files = 1, atOnce = 1, fsync = 'never', delay = 0, windowBytes }: Job): Promise<Figures> {
  await using receiver = new Child('fileReceiver', { raw: mode === 'raw', fsync, delay, until: files });
  const { port } = await receiver.ready;
  await using sender = new Child('fileSender', { port, mode, bytes, files, atOnce, windowBytes });
  const [sent, received] = await Promise.all([sender.result, receiver.result]);
  const amount = files > 1 ? files : bytes / MIB;
  return { perSecond: (amount / sent.elapsedMs) * 1000, cpuMs: (sent.cpuMs + received.cpuMs) / amount };
}

const settings = {
  raw: 'createReadStream → sha256 → socket → sha256 → createWriteStream',
  binary: "mode: 'binary', sha256 and crc32, fsync: 'never'",
  json: "mode: 'json', sha256 and crc32, fsync: 'never'",
} as const;

function rowsOf(figures: Record<string, Figures[]>, told: Record<string, string>, of: string): Row[] {
  return Object.entries(figures).map(([contender, all]) => ({
    contender,
    settings: told[contender] ?? '',
    figure: spreadOf(rates(all)),
    notes: { [`CPU of both ends, ms a ${of}`]: spreadOf(all.map(({ cpuMs }) => cpuMs)).median.toFixed(2) },
  }));
}

function rates(figures: readonly Figures[] | undefined): number[] {
  return (figures ?? []).map(({ perSecond }) => perSecond);
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const bytes = scaled(FILE_BYTES, scale, 4 * MIB);
  const big = await inTurn(
    { raw: () => measure({ mode: 'raw', bytes }), binary: () => measure({ mode: 'binary', bytes }), json: () => measure({ mode: 'json', bytes }) },
    scale.rounds,
    (what) => progress(`one file: ${what}`),
  );
  const files = scaled(SMALL_FILES, scale, 20);
  const small = await inTurn(
    {
      'fsync: publish': () => measure({ mode: 'binary', bytes: 1024, files, atOnce: 4, fsync: 'publish' }),
      'fsync: never': () => measure({ mode: 'binary', bytes: 1024, files, atOnce: 4 }),
    },
    scale.rounds,
    (what) => progress(`small files: ${what}`),
  );
  const far = scaled(DELAYED_BYTES, scale, 8 * MIB);
  const delayed = await inTurn(
    {
      'default window': () => measure({ mode: 'binary', bytes: far, delay: DELAY }),
      'two chunks': () => measure({ mode: 'binary', bytes: Math.min(far, FEW_BYTES), delay: DELAY, windowBytes: TWO_CHUNKS }),
    },
    scale.rounds,
    (what) => progress(`${DELAY} ms: ${what}`),
  );
  return {
    tables: [
      { title: `One file of ${Math.round(bytes / MIB)} MiB from disk to disk, hashed at both ends, two processes`, unit: 'MiB/s', rows: rowsOf(big, settings, 'MiB') },
      {
        title: `${files} files of 1 KiB over one connection, four at once`,
        unit: 'files/s',
        rows: rowsOf(small, { 'fsync: publish': 'file and folder forced to the disk before each is complete', 'fsync: never': 'neither' }, 'file'),
      },
      {
        title: `Over ${DELAY} ms of delay for a round trip`,
        unit: 'MiB/s',
        rows: rowsOf(delayed, { 'default window': 'windowBytes: 16 MiB', 'two chunks': 'windowBytes: 1, that is two chunks of 256 KiB' }, 'MiB'),
      },
    ],
    verdicts: [
      judge({ what: 'binary with sha256 ÷ raw pipeline that hashes', atLeast: 0.85 }, rates(big['binary']), rates(big['raw'])),
      judge({ what: 'JSON with sha256 ÷ raw pipeline that hashes', atLeast: 0.3 }, rates(big['json']), rates(big['raw'])),
      judge({ what: `${DELAY} ms of delay: default window ÷ two chunks a round trip`, atLeast: 4 }, rates(delayed['default window']), rates(delayed['two chunks'])),
    ],
  };
}

export const files: Question = { name: 'files', asks: 'How fast do files get from disk to disk, checked?', answer };
