// A thousand clients of `reconnecting` against a server that accepts and drops, and against one that is away for 30 s: they
// spread, they back off, and they do not come back together. A short run has everything shorter by the same factor, the
// outage, the waits and the bins; in bins so short a busy machine shows itself, so it does not judge them. Core's own tests do,
// by a fake clock.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.js';
import type { Dials } from '../roles/reconnecting-clients.js';
import { isLongEnough, scaled, type Effort, type Row, type Scenario } from '../scenario.js';
import { firstStampede } from '../statistics.js';

const CLIENTS = 1000;
const AWAY_SECONDS = 30;
const DROP_SECONDS = 20;
const INITIAL_DELAY = 200;
const MAX_DELAY = 30_000;
const MAX_OVER_NEIGHBOURS = 3;
const LEAST = 5;
/** Clients that do not get to run come together, whatever they wait for. */
const MAX_HELD_UP = 0.15;
/** The waits leave room for 0.4, and for 1 where a busy machine delayed all that was before. */
const MAX_LATE_DIALS = 1.5;
const SETTLED_FROM = 2;
const MIN_FACTOR = 0.1;

interface Course {
  clients: number;
  factor: number;
  effort: Effort;
}

/** What a stall kept back comes all at once: by so much may a bin be higher, and the one behind it. */
function spreads({ counts, heldUp }: Dials, { factor, effort }: Course): Row['holds'] {
  if (!isLongEnough(effort) || shareHeldUp({ counts, heldUp }, factor) > MAX_HELD_UP) return undefined;
  const shares = heldUp.map((milliseconds, index) => (milliseconds + (heldUp[index - 1] ?? 0)) / binOf(factor));
  return firstStampede(counts, SETTLED_FROM, MAX_OVER_NEIGHBOURS, LEAST, shares) === -1;
}

/** The share of the time in which the machine kept the clients from running. */
function shareHeldUp({ heldUp }: Dials, factor: number): number {
  return sum(heldUp) / (heldUp.length * binOf(factor));
}

function figureOf(dials: Dials, factor: number, from: number): string {
  return `${dials.counts.slice(from).join(' ')}; held up ${(shareHeldUp(dials, factor) * 100).toFixed(0)} % of the time`;
}

/** Milliseconds: a second of the full run. */
function binOf(factor: number): number {
  return 1000 * factor;
}

function optionsOf({ factor }: Course): { initialDelay: number; maxDelay: number; stableAfter: number } {
  const scaledBy = (milliseconds: number): number => Math.round(milliseconds * factor);
  return { initialDelay: scaledBy(INITIAL_DELAY), maxDelay: scaledBy(MAX_DELAY), stableAfter: scaledBy(5000) };
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
  const dials = await clients.call('dials', binOf(factor));
  await clients.call('stop');
  const { counts } = dials;
  const each = sum(counts) / count;
  // With full jitter the waits are half of 0.2, 0.4, 0.8 s… on average: ln2(20 / 0.1 + 1) = 7.7 of them fit into 20 s.
  const wanted = 1 + Math.log2((DROP_SECONDS * 1000) / (INITIAL_DELAY / 2) + 1);
  const late = sum(counts.slice(-5)) / count;
  return [
    {
      what: `accepts and drops: dials of each of ${count} clients in ${(DROP_SECONDS * factor).toFixed(0)} s`,
      figure: each.toFixed(1),
      bound: `≤ ${(1.5 * wanted).toFixed(1)}, half as many again as the waits leave room for`,
      holds: each <= 1.5 * wanted,
    },
    {
      what: 'accepts and drops: dials of each in the last quarter of that time',
      figure: late.toFixed(2),
      bound: `≤ ${MAX_LATE_DIALS}, where ${DROP_SECONDS / 4 / (INITIAL_DELAY / 2000)} would be without backing off`,
      holds: late <= MAX_LATE_DIALS,
    },
    {
      what: 'accepts and drops: dials by the second, from the third on',
      figure: figureOf(dials, factor, SETTLED_FROM),
      bound: `none above ${MAX_OVER_NEIGHBOURS} × the mean of its neighbours`,
      holds: spreads(dials, course),
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
  const dials = await clients.call('dials', binOf(factor));
  await clients.call('stop');
  return [
    {
      what: `away for ${(AWAY_SECONDS * factor).toFixed(0)} s: dials by ${factor === 1 ? 'the second' : `${factor.toFixed(2)} s`}`,
      figure: figureOf(dials, factor, 0),
      bound: `from 2 on, none above ${MAX_OVER_NEIGHBOURS} × the mean of its neighbours`,
      holds: spreads(dials, course),
    },
    {
      what: 'away: connected again, and how long the last one took',
      figure: `${count}, ${lastAfter.toFixed(1)} s`,
      bound: `${count}`,
      holds: true,
    },
  ];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

async function run(effort: Effort): Promise<Row[]> {
  const course: Course = { clients: scaled(CLIENTS, effort, 200), factor: Math.max(MIN_FACTOR, effort.work), effort };
  return [...(await dropped(course)), ...(await away(course))];
}

export const reconnect: Scenario = {
  name: 'reconnect',
  promises: 'clients that lost their server spread, back off, and do not come back together',
  seconds: 100,
  run,
};
