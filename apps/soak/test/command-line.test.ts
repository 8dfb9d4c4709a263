import { describe, expect, test } from 'vitest';
import { parseCommand, usage } from '../src/command-line.js';
import type { Scenario } from '../src/scenario.js';

const scenario = (name: string, seconds: number): Scenario => ({
  name,
  promises: `the promise of ${name}`,
  seconds,
  run: () => Promise.reject(new Error('not run here')),
});
const scenarios = [scenario('drain', 60), scenario('open-files', 30)];

describe('the command line', () => {
  test('runs everything for ten minutes, with a seed of the time of day', () => {
    expect(parseCommand([], scenarios, 2 ** 32 + 7.5)).toEqual({ scenarios, minutes: 10, seed: 7 });
  });

  test('runs what it is told to', () => {
    const command = parseCommand(['open-files', '--minutes', '0.5', '--seed', '0'], scenarios, 1);
    expect(command).toEqual({ scenarios: [scenarios[1]], minutes: 0.5, seed: 0 });
  });

  test.each([
    [['yaml'], 'no scenario yaml; there are drain, open-files'],
    [['--minutes', '0'], '--minutes must be a number above 0, up to 1440, got 0'],
    [['--minutes', 'many'], '--minutes must be a number above 0, up to 1440, got many'],
    [['--minutes', '1441'], '--minutes must be a number above 0, up to 1440, got 1441'],
    [['--seed', '1.5'], '--seed must be an integer from 0 to 4294967295, got 1.5'],
    [['--seed', '4294967296'], '--seed must be an integer from 0 to 4294967295, got 4294967296'],
    [['--seed', ''], '--seed must be an integer from 0 to 4294967295, got '],
    [['--fast'], /Unknown option '--fast'/],
  ])('%j is refused', (args, message) => {
    expect(() => parseCommand(args, scenarios, 1)).toThrow(message);
  });

  test('explains itself', () => {
    expect(parseCommand(['-h'], scenarios, 1)).toBe('help');
    expect(usage(scenarios)).toContain('  drain       the promise of drain\n  open-files  the promise of open-files');
    expect(usage(scenarios)).toContain('Everything at full size takes up to 2;');
  });
});
