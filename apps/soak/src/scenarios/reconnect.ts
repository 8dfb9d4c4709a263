// A thousand clients of `reconnecting` against a server that accepts and drops, and against one that is away for 30 s: they
// spread, they back off, and they do not come back together. A short run has everything shorter by the same factor: the
// outage, the waits and the bins.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.js';
import { isLongEnough, scaled, type Effort, type Row, type Scenario } from '../scenario.js';
import { firstStampede } from '../statistics.js';

const CLIENTS = 1000;
const AWAY_SECONDS = 30;
const DROP_SECONDS = 20;
const INITIAL_DELAY = 200;
const MAX_DELAY = 30_000;
const MAX_OVER_NEIGHBOURS = 3;
/** Of the clients: what a bin has at least, before one is compared with it. Few tries scatter by themselves. */
const LEAST_SHARE = 0.005;
const SETTLED_FROM = 2;
const MIN_FACTOR = 0.1;

interface Course {
  clients: number;
  factor: number;
  effort: Effort;
}

/** Dials in each second (times the factor), and the time that the machine took out of the process, in such seconds. */
interface Bins {
  bins: number[];
  heldUp: number;
}

function toBins({ at, heldUp }: { at: number[]; heldUp: number }, { factor }: Course): Bins {
  const width = 1000 * factor;
  const bins = Array.from({ length: Math.ceil(Math.max(...at, 1) / width) }, () => 0);
  for (const time of at) bins[Math.floor(time / width)] = (bins[Math.floor(time / width)] ?? 0) + 1;
  return { bins, heldUp: heldUp / width };
}

/** What a stall kept back comes all at once: by so much may a bin be higher. */
function spreads({ bins, heldUp }: Bins, clients: number): Row['holds'] {
  return firstStampede(bins, SETTLED_FROM, MAX_OVER_NEIGHBOURS * (1 + heldUp), clients * LEAST_SHARE) === -1;
}

function optionsOf({ factor }: Course): { initialDelay: number; maxDelay: number; stableAfter: number } {
  return { initialDelay: INITIAL_DELAY * factor, maxDelay: MAX_DELAY * factor, stableAfter: 5000 * factor };
}

async function dropped(course: Course): Promise<Row[]> {
  const { clients: count, factor, effort } = course;
  await using server = await Child.start('leavingServer', { drops: true }, effort);
  await using clients = await Child.start('reconnectingClients', {}, effort);
  const port = await server.call('listen');
  effort.progress(`${count} clients of a server that accepts and drops`);
  await clients.call('mark');
  await clients.call('start', port, count, optionsOf(course));
  await sleep(DROP_SECONDS * 1000 * factor, undefined, effort);
  const dials = await clients.call('dials');
  await clients.call('stop');
  const found = toBins(dials, course);
  const each = dials.at.length / count;
  // With full jitter the waits are half of 0.2, 0.4, 0.8 s… on average: ln2(20 / 0.1 + 1) = 7.7 of them fit into 20 s.
  const wanted = 1 + Math.log2((DROP_SECONDS * 1000) / (INITIAL_DELAY / 2) + 1);
  const [early, late] = [found.bins.slice(0, 5), found.bins.slice(-5)].map((bins) => bins.reduce((sum, one) => sum + one, 0));
  return [
    {
      what: `accepts and drops: dials of each of ${count} clients in ${(DROP_SECONDS * factor).toFixed(0)} s`,
      figure: each.toFixed(1),
      bound: `≤ ${(1.5 * wanted).toFixed(1)}, half as many again as the waits leave room for`,
      holds: each <= 1.5 * wanted,
    },
    {
      what: 'accepts and drops: dials in the last quarter ÷ in the first',
      figure: `${late} ÷ ${early}`,
      bound: '≤ 0.2',
      // A short run's first waits are a few milliseconds, and a busy machine takes longer for a dial.
      holds: isLongEnough(effort) ? (late as number) <= 0.2 * (early as number) : undefined,
    },
    {
      what: 'accepts and drops: dials by the second, from the third on',
      figure: found.bins.slice(SETTLED_FROM).join(' '),
      bound: `none above ${MAX_OVER_NEIGHBOURS} × the mean of its neighbours`,
      holds: spreads(found, count),
    },
  ];
}

async function away(course: Course): Promise<Row[]> {
  const { clients: count, factor, effort } = course;
  await using server = await Child.start('leavingServer', { drops: false }, effort);
  await using clients = await Child.start('reconnectingClients', {}, effort);
  const port = await server.call('listen');
  const options = optionsOf(course);
  await clients.call('start', port, count, options);
  await clients.call('connected', count);
  // Stable: the loss is then the first failure of each.
  await sleep(options.stableAfter, undefined, effort);
  effort.progress(`${count} clients of a server that is away for ${(AWAY_SECONDS * factor).toFixed(0)} s`);
  await clients.call('mark');
  await server.call('leave');
  await sleep(AWAY_SECONDS * 1000 * factor, undefined, effort);
  await server.call('comeBack');
  const returnedAt = performance.now();
  await clients.call('connected', count);
  const lastAfter = (performance.now() - returnedAt) / 1000;
  const found = toBins(await clients.call('dials'), course);
  await clients.call('stop');
  return [
    {
      what: `away for ${(AWAY_SECONDS * factor).toFixed(0)} s: dials by ${factor === 1 ? 'the second' : `${factor.toFixed(2)} s`}`,
      figure: found.bins.join(' '),
      bound: `from 2 on, none above ${MAX_OVER_NEIGHBOURS} × the mean of its neighbours`,
      holds: spreads(found, count),
    },
    {
      what: 'away: connected again, and how long the last one took',
      figure: `${count}, ${lastAfter.toFixed(1)} s`,
      bound: `${count}`,
      holds: true,
    },
  ];
}

async function run(effort: Effort): Promise<Row[]> {
  const course: Course = { clients: scaled(CLIENTS, effort, 200), factor: Math.max(MIN_FACTOR, effort.work), effort };
  // Side by side: they are idle nearly all the time.
  return (await Promise.all([dropped(course), away(course)])).flat();
}

export const reconnect: Scenario = {
  name: 'reconnect',
  promises: 'clients that lost their server spread, back off, and do not come back together',
  seconds: 80,
  run,
};
