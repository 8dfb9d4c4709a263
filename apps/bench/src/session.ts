// One run of `pnpm bench`: reads what was typed, asks, prints, and gives the exit code.
import { loadavg, cpus } from 'node:os';
import { parseCommand, usage, type Command } from './command-line.js';
import { busyNote, describeMachine } from './machine.js';
import type { Question } from './question.js';
import { renderAnswer } from './report.js';

export interface Output {
  /** Answers. */
  print(text: string): void;
  /** What is wrong with the command. */
  complain(text: string): void;
  /** What is being measured; `undefined` when nothing is any more. */
  progress(what: string | undefined): void;
}

/** 0: done. 1: `--check`, and a bar was missed. 2: the command makes no sense. */
export async function run(args: readonly string[], questions: readonly Question[], output: Output): Promise<0 | 1 | 2> {
  let command: Command | 'help';
  try {
    command = parseCommand(args, questions);
  } catch (error) {
    output.complain(`${(error as Error).message}\n\n${usage(questions)}`);
    return 2;
  }
  if (command === 'help') {
    output.print(usage(questions));
    return 0;
  }
  output.print(describeMachine(new Date()));
  const note = busyNote(loadavg()[0] ?? 0, cpus().length);
  if (note !== undefined) output.print(note);
  let missed = 0;
  for (const question of command.questions) {
    output.print(`\n${question.name}: ${question.asks}\n`);
    const answer = await question.answer(command.scale, (what) => output.progress(what));
    output.progress(undefined);
    output.print(renderAnswer(answer));
    missed += answer.verdicts.filter(({ holds }) => !holds).length;
  }
  return command.check && missed > 0 ? 1 : 0;
}
