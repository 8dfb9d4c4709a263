// What does a server keep for a connection on which nothing happens? A fresh server process for each measurement, and the
// clients in another.
import { acceptors, type AcceptorName } from '../acceptors.js';
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { scaled, type Answer, type Question, type Row, type Scale } from '../question.js';
import type { ResultOf } from '../roles.js';
import type { Idle } from '../roles/idle-server.js';
import { inTurn } from '../rounds.js';
import { pairedRatios, spreadOf } from '../statistics.js';

const CONNECTIONS = 10_000;
/** With fewer, they might fit into what the start of the process and the warm-up have left free. */
const MIN_CONNECTIONS = 2000;
const WARMUP = 1000;
const MIN_WARMUP = 200;
/** Objects are counted, not timed: few are enough, and fewer still where the figure says nothing. */
const COUNTED = { few: 500, connections: 1500 };
const MIN_COUNTED = { few: 100, connections: 400 };
const AT_ONCE = 64;
/** Longer than core leaves between two looks at its deadlines, which are 3 750 ms apart by default. */
const WATCH_MS = 4000;
const RAW: AcceptorName = 'net';
const names = [RAW, 'net, both', 'core'] as const satisfies readonly AcceptorName[];

interface Cost extends Idle {
  objects: number;
}

async function measure(acceptor: AcceptorName, scale: Scale): Promise<Cost> {
  const connections = scaled(CONNECTIONS, scale, MIN_CONNECTIONS);
  const watchMs = scaled(WATCH_MS, scale);
  const warmup = scaled(WARMUP, scale, MIN_WARMUP);
  const few = scaled(COUNTED.few, scale, MIN_COUNTED.few);
  const many = scaled(COUNTED.connections, scale, MIN_COUNTED.connections);
  const idle = await withClients(warmup, connections, new Child('idleServer', { acceptor, warmup, connections, watchMs }));
  const { bytes } = await withClients(warmup, many, new Child('idleObjects', { acceptor, warmup, few, connections: many }));
  return { ...idle, objects: bytes };
}

async function withClients<Name extends 'idleServer' | 'idleObjects'>(
  warmup: number,
  connections: number,
  child: Child<Name>,
): Promise<ResultOf<Name>> {
  await using server = child;
  const ports = await server.ready;
  await using clients = new Child('idleClients', { ...ports, warmup, connections, atOnce: AT_ONCE });
  const [result, made] = await Promise.all([server.result, clients.result]);
  if (made.connections !== connections) throw new Error(`${made.connections} of ${connections} connections were made`);
  return result;
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const contenders = Object.fromEntries(names.map((name) => [name, () => measure(name, scale)]));
  const results = (await inTurn(contenders, scale.rounds, progress)) as Record<AcceptorName, Cost[]>;
  const resident = (name: AcceptorName): number[] => results[name].map((one) => one.resident);
  const objects = (name: AcceptorName): number[] => results[name].map((one) => one.objects);
  const rowsOf = (values: (name: AcceptorName) => number[], notes: (name: AcceptorName) => Record<string, string>): Row[] =>
    names.map((name) => ({
      contender: name,
      settings: acceptors[name].settings,
      figure: spreadOf(values(name)),
      notes: { '÷ net': spreadOf(pairedRatios(values(name), values(RAW))).median.toFixed(2), ...notes(name) },
    }));
  const many = CONNECTIONS.toLocaleString('en-US');
  return {
    tables: [
      {
        title: `Memory by which the server process grows for each of ${many} idle connections`,
        unit: 'bytes',
        rows: rowsOf(resident, (name) => ({
          'CPU ms/s for all': spreadOf(results[name].map((one) => one.cpuMillis)).median.toFixed(2),
        })),
      },
      { title: 'The objects alone, out of heap snapshots', unit: 'bytes', rows: rowsOf(objects, () => ({})) },
    ],
    verdicts: [
      judge({ what: 'resident memory of an idle connection: core ÷ net', atMost: 1.3 }, resident('core'), resident(RAW)),
    ],
  };
}

export const idleConnections: Question = {
  name: 'idle-connections',
  asks: 'What does core add to the memory that an idle connection takes?',
  answer,
};
