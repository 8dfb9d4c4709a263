// Flags and environment variables, the part that every program of the demo shares. Pure: the words come in as arguments.
import { parseArgs } from 'node:util';
import { DemoError } from './errors.js';
import { printable } from './printable.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Flags {
  readonly help: boolean;
  /** The text given to each flag, by its name without dashes. */
  readonly values: Readonly<Record<string, string | undefined>>;
}

const MAX_PORT = 65_535;

/**
 * Reads `--name value` and `--name=value` for each of `names`, and `--help` or `-h`.
 * @throws {DemoError} `ERR_DEMO_ARGUMENT`
 */
export function readFlags(words: readonly string[], names: readonly string[]): Flags {
  // pnpm hands the `--` of `pnpm start -- --port 9000` on to the program, npm does not.
  const args = words[0] === '--' ? words.slice(1) : [...words];
  const texts = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({ args, options: { ...texts, help: { type: 'boolean', short: 'h' } } });
    const { help, ...rest } = values as Record<string, string | boolean | undefined>;
    return { help: help === true, values: rest as Flags['values'] };
  } catch (cause) {
    const [sentence = ''] = (cause as Error).message.split(/\.\s|\n/);
    throw new DemoError('ERR_DEMO_ARGUMENT', `${printable(sentence)}. Try --help.`, { cause });
  }
}

/** A variable that is set to nothing counts as absent. */
export function readVariable(environment: Environment, name: string): string | undefined {
  return environment[name] === '' ? undefined : environment[name];
}

/**
 * A port as text. `source` is the flag or variable it came from, for the complaint.
 * @throws {DemoError} `ERR_DEMO_ARGUMENT`
 */
export function readPort(text: string, source: string, maximum: number = MAX_PORT): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= maximum) return port;
  const got = JSON.stringify(printable(text, 40));
  throw new DemoError('ERR_DEMO_ARGUMENT', `${source} must be an integer from 0 to ${maximum}, got ${got}. Try --help.`);
}
