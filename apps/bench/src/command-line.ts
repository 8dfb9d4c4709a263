// What was typed, as data. Pure.
import { parseArgs } from 'node:util';
import type { Question, Scale } from './question.js';

export interface Command {
  questions: readonly Question[];
  scale: Scale;
  /** Exit 1 where a bar is missed. */
  check: boolean;
}

const MIN_ROUNDS = 5;
const MAX_ROUNDS = 100;

export function usage(questions: readonly Question[]): string {
  const width = Math.max(...questions.map(({ name }) => name.length));
  return [
    'pnpm bench [question…] [--check] [--rounds n]',
    '',
    ...questions.map(({ name, asks }) => `  ${name.padEnd(width)}  ${asks}`),
    '',
    'Without a question: all of them. --check exits with 1 where a bar is missed.',
    `--rounds: how often each contender is measured, in turn, from ${MIN_ROUNDS} to ${MAX_ROUNDS} (default ${MIN_ROUNDS}).`,
  ].join('\n');
}

/** @throws RangeError Naming what was typed and what exists. */
export function parseCommand(args: readonly string[], questions: readonly Question[]): Command | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      check: { type: 'boolean', default: false },
      rounds: { type: 'string', default: String(MIN_ROUNDS) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < MIN_ROUNDS || rounds > MAX_ROUNDS) {
    throw new RangeError(`--rounds must be an integer from ${MIN_ROUNDS} to ${MAX_ROUNDS}, got ${values.rounds}`);
  }
  const chosen = positionals.map((name) => {
    const question = questions.find((one) => one.name === name);
    if (question === undefined) {
      throw new RangeError(`no question ${name}; there are ${questions.map((one) => one.name).join(', ')}`);
    }
    return question;
  });
  return { questions: chosen.length > 0 ? chosen : questions, scale: { rounds, work: 1 }, check: values.check };
}
