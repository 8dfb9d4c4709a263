// 10 000 connections that do nothing, on one process: all are held, and each costs little more than one of bare `net`.
// Server and clients are two processes, since each has a limit of open files of its own; each measurement has fresh ones.
import { Child } from '../child.js';
import { isLongEnough, scaled, type Effort, type Row, type Scenario } from '../scenario.js';
import { median } from '../statistics.js';

const CONNECTIONS = 10_000;
const HOLD_SECONDS = 60;
const ROUNDS = 3;
const MAX_RATIO = 1.3;

interface Measured {
  accepted: number;
  held: number;
  open: number;
  refusals: Readonly<Record<string, number>>;
  bytesEach: number;
}

async function measure(kind: 'core' | 'net', count: number, holdSeconds: number, { signal }: Effort): Promise<Measured> {
  await using server = await Child.start('idleServer', { kind }, { signal });
  await using clients = await Child.start('idleClients', {}, { signal });
  const port = await server.call('listen');
  const before = await server.call('look');
  const { accepted, refusals } = await clients.call('connect', port, count);
  const after = await server.call('look');
  await new Promise((resolve) => setTimeout(resolve, holdSeconds * 1000));
  const { open } = await server.call('look');
  return { accepted, refusals, open, held: await clients.call('held'), bytesEach: (after.rss - before.rss) / count };
}

async function run(effort: Effort): Promise<Row[]> {
  const count = scaled(CONNECTIONS, effort, 500);
  const holdSeconds = HOLD_SECONDS * effort.work;
  const rounds = scaled(ROUNDS, effort);
  const figures: Record<'core' | 'net', Measured[]> = { core: [], net: [] };
  for (let round = 1; round <= rounds; round++) {
    for (const kind of ['net', 'core'] as const) {
      effort.progress(`${count} connections to ${kind}, ${round} of ${rounds}`);
      // Held once: it is the same server each time.
      figures[kind].push(await measure(kind, count, kind === 'core' && round === 1 ? holdSeconds : 0, effort));
    }
  }
  const { accepted, held, open, refusals } = figures.core[0] as Measured;
  const each = (kind: 'core' | 'net'): number => median(figures[kind].map(({ bytesEach }) => bytesEach));
  const ratio = median(figures.core.map(({ bytesEach }, round) => bytesEach / (figures.net[round] as Measured).bytesEach));
  return [
    {
      what: `${count} idle connections after ${holdSeconds.toFixed(0)} s: accepted, open at the server, held by clients`,
      figure: `${accepted}, ${open}, ${held}${accepted === count ? '' : ` ${JSON.stringify(refusals)}`}`,
      bound: `${count} each`,
      holds: [accepted, open, held].every((figure) => figure === count),
    },
    {
      what: 'memory (RSS) of a connection of core ÷ of bare net, median of pairs',
      figure: `${ratio.toFixed(2)} (${kibibytes(each('core'))} ÷ ${kibibytes(each('net'))})`,
      bound: `≤ ${MAX_RATIO}`,
      // Below some thousand connections, what the allocator keeps in hand is more than what they take.
      holds: isLongEnough(effort) ? ratio <= MAX_RATIO : undefined,
    },
  ];
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

export const idle: Scenario = {
  name: 'idle',
  promises: '10 000 idle connections on one process are held for a minute, in little more memory than bare net takes',
  seconds: 100,
  run,
};
