// What does a server keep for a connection on which nothing happens? A fresh server process for each measurement, and the
// clients in another.
import { acceptors, type AcceptorName } from '../acceptors.js';
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { scaled, type Answer, type Question, type Scale } from '../question.js';
import type { Idle } from '../roles/idle-server.js';
import { inTurn } from '../rounds.js';
import { spreadOf } from '../statistics.js';

const CONNECTIONS = 10_000;
/** With fewer, what a process takes in pages at a time would hide them. */
const MIN_CONNECTIONS = 1000;
const WARMUP = 1000;
const AT_ONCE = 64;
/** Longer than core leaves between two looks at its deadlines, which are 3 750 ms apart by default. */
const WATCH_MS = 4000;
const RAW: AcceptorName = 'net';
const names = [RAW, 'net, both', 'core'] as const satisfies readonly AcceptorName[];

async function measure(acceptor: AcceptorName, scale: Scale): Promise<Idle> {
  const connections = scaled(CONNECTIONS, scale, MIN_CONNECTIONS);
  const watchMs = scaled(WATCH_MS, scale);
  await using server = new Child('idleServer', { acceptor, warmup: WARMUP, connections, watchMs });
  const ports = await server.ready;
  await using clients = new Child('idleClients', { ...ports, warmup: WARMUP, connections, atOnce: AT_ONCE });
  const [idle, made] = await Promise.all([server.result, clients.result]);
  if (made.connections !== connections) throw new Error(`${acceptor}: ${made.connections} of ${connections} connections were made`);
  return idle;
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const contenders = Object.fromEntries(names.map((name) => [name, () => measure(name, scale)]));
  const results = (await inTurn(contenders, scale.rounds, progress)) as Record<AcceptorName, Idle[]>;
  const resident = (name: AcceptorName): number[] => results[name].map(({ residentBytes }) => residentBytes);
  const objects = (name: AcceptorName): number[] => results[name].map(({ objectBytes }) => objectBytes);
  const rows = names.map((name) => ({
    contender: name,
    settings: acceptors[name].settings,
    figure: spreadOf(resident(name)),
    notes: {
      'of that objects': spreadOf(objects(name)).median.toFixed(0),
      'CPU ms/s, all': spreadOf(results[name].map(({ cpuMillisPerSecond }) => cpuMillisPerSecond)).median.toFixed(2),
    },
  }));
  const title = `Memory of the server process for each of ${CONNECTIONS.toLocaleString('en-US')} idle connections, after a collection`;
  return {
    tables: [{ title, unit: 'bytes', rows }],
    verdicts: [
      judge({ what: 'resident memory of an idle connection: core ÷ net', atMost: 1.3 }, resident('core'), resident(RAW)),
      judge({ what: 'its objects alone: core ÷ net', atMost: 1.3 }, objects('core'), objects(RAW)),
    ],
  };
}

export const idleConnections: Question = {
  name: 'idle-connections',
  asks: 'What does core add to the memory that an idle connection takes?',
  answer,
};
