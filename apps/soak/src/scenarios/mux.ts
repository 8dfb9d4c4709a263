// The model of the multiplexer's own tests, for long: random operations on two ends against plain queues. It runs in a
// process of its own, on a clock of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commandFor } from '../program.js';
import { isLongEnough, noneOf, scaled, type Effort, type Row, type Scenario } from '../scenario.js';

const OPERATIONS = 100_000;
const MIN_OPERATIONS = 2000;

/** What the model sends when it is over. */
interface Report {
  operations: number;
  sessions: number;
  streams: number;
  bytes: number;
  grants: number;
  faults: string[];
}

async function runModel(operations: number, { seed, signal }: Effort): Promise<Report> {
  const [command, ...args] = [...commandFor('mux-model'), String(operations), String(seed)];
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced', signal, killSignal: 'SIGKILL' });
  let report: Report | undefined;
  child.on('message', (message: Report) => (report = message));
  const [code] = (await once(child, 'close')) as [number | null];
  if (report === undefined) throw new Error(`the model ended without a report (exit code ${code})`);
  return report;
}

async function run(effort: Effort): Promise<Row[]> {
  const wanted = scaled(OPERATIONS, effort, MIN_OPERATIONS);
  effort.progress(`${wanted} operations`);
  const { operations, sessions, streams, bytes, grants, faults } = await runModel(wanted, effort);
  const work = `${operations}, ${sessions}, ${streams}, ${Math.round(bytes / 2 ** 20)}, ${grants}`;
  return [
    noneOf(`model, seed ${effort.seed}: bytes, ends, credit or progress that were not as they should be`, faults),
    {
      what: 'model: operations, connections, streams, MiB, grants',
      figure: work,
      bound: `≥ ${wanted}, some each`,
      // A few connections may all have drawn an end without extensions, which grants nothing.
      holds: operations >= wanted && streams > 0 && bytes > 0 && (grants > 0 || !isLongEnough(effort)),
    },
  ];
}

export const mux: Scenario = {
  name: 'mux',
  promises: 'whatever two users of a multiplexer do, every byte and every end arrives once, and nobody waits for who does not read',
  seconds: 180,
  run,
};
