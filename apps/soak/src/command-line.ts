// What was typed, as data. Pure.
import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.js';

export interface Command {
  scenarios: readonly Scenario[];
  minutes: number;
  seed: number;
}

const DEFAULT_MINUTES = 10;
const MAX_MINUTES = 24 * 60;
const MAX_SEED = 2 ** 32 - 1;

export function usage(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const full = Math.ceil(scenarios.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
  return [
    'pnpm soak [scenario…] [--minutes n] [--seed n]',
    '',
    ...scenarios.map(({ name, promises }) => `  ${name.padEnd(width)}  ${promises}`),
    '',
    'Without a scenario: all of them. Exits with 1 where a bound is broken.',
    `--minutes: the time for all of it, up to ${MAX_MINUTES} (default ${DEFAULT_MINUTES}). Everything at full size takes up to ${full};`,
    '           with less it is made smaller.',
    '--seed: makes the random choices of another run again (default: the time of day).',
  ].join('\n');
}

/** @throws RangeError Naming what was typed and what exists. */
export function parseCommand(args: readonly string[], scenarios: readonly Scenario[], now: number): Command | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: String(DEFAULT_MINUTES) },
      seed: { type: 'string', default: String(Math.floor(now) % (MAX_SEED + 1)) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) {
    throw new RangeError(`--minutes must be a number above 0, up to ${MAX_MINUTES}, got ${values.minutes}`);
  }
  const seed = Number(values.seed);
  if (values.seed === '' || !Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
    throw new RangeError(`--seed must be an integer from 0 to ${MAX_SEED}, got ${values.seed}`);
  }
  const chosen = positionals.map((name) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario === undefined) {
      throw new RangeError(`no scenario ${name}; there are ${scenarios.map((one) => one.name).join(', ')}`);
    }
    return scenario;
  });
  return { scenarios: chosen.length > 0 ? chosen : scenarios, minutes, seed };
}
