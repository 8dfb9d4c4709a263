// One run of `pnpm soak`: reads what was typed, runs within the time, prints, and gives the exit code.
import { setMaxListeners } from 'node:events';
import { parseCommand, usage, type Command } from './command-line.js';
import { describeMachine } from './machine.js';
import { renderRows, renderSummary } from './report.js';
import type { Row, Scenario } from './scenario.js';

export interface Output {
  /** Tables. */
  print(text: string): void;
  /** What is wrong with the command. */
  complain(text: string): void;
  /** What is under way; `undefined` when nothing is any more. */
  progress(what: string | undefined): void;
}

/** 0: every bound holds. 1: one is broken, or a scenario did not come to its end. 2: the command makes no sense. */
export async function run(args: readonly string[], scenarios: readonly Scenario[], output: Output): Promise<0 | 1 | 2> {
  let command: Command | 'help';
  try {
    command = parseCommand(args, scenarios, Date.now());
  } catch (error) {
    output.complain(`${(error as Error).message}\n\n${usage(scenarios)}`);
    return 2;
  }
  if (command === 'help') {
    output.print(usage(scenarios));
    return 0;
  }
  output.print(`${describeMachine(new Date())}; seed ${command.seed}`);
  const rows = await runWithin(command, output);
  output.print(`\n${renderSummary(rows, command.seed)}`);
  return rows.some(({ holds }) => holds === false) ? 1 : 0;
}

/** One behind the other; what the time left does not suffice for is made smaller, and what is not over in time is broken off. */
async function runWithin({ scenarios, minutes, seed }: Command, output: Output): Promise<Row[]> {
  const time = minutes * 60_000;
  const begunAt = performance.now();
  const abort = new AbortController();
  // Every child listens, and there are more than ten.
  setMaxListeners(0, abort.signal);
  const timer = setTimeout(() => abort.abort(new Error(`not over within ${minutes} min`)), time);
  const rows: Row[] = [];
  let secondsToCome = scenarios.reduce((sum, { seconds }) => sum + seconds, 0);
  for (const scenario of scenarios) {
    output.print(`\n${scenario.name}: ${scenario.promises}\n`);
    const secondsLeft = (time - (performance.now() - begunAt)) / 1000;
    const work = Math.max(0, Math.min(1, secondsLeft / secondsToCome));
    const found = await runOne(scenario, work, seed, abort.signal, output);
    output.progress(undefined);
    output.print(renderRows(found));
    output.print(`${(secondsLeft - (time - (performance.now() - begunAt)) / 1000).toFixed(0)} s, ${(work * 100).toFixed(0)} % of the work`);
    rows.push(...found.map((row) => ({ ...row, what: `${scenario.name}, ${row.what}` })));
    secondsToCome -= scenario.seconds;
  }
  clearTimeout(timer);
  return rows;
}

async function runOne(scenario: Scenario, work: number, seed: number, signal: AbortSignal, output: Output): Promise<Row[]> {
  try {
    return await scenario.run({ work, seed, signal, progress: (what) => output.progress(what) });
  } catch (error) {
    const { message, stack } = error as Error;
    // A stack says where it broke, but not where the time went.
    const figure = signal.aborted ? message : (stack ?? message);
    return [{ what: 'comes to its end', figure, bound: 'no error', holds: false }];
  }
}
