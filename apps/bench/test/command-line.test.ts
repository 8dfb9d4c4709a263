import { describe, expect, test } from 'vitest';
import { parseCommand, usage } from '../src/command-line.js';
import type { Question } from '../src/question.js';

const question = (name: string): Question => ({
  name,
  asks: `What of ${name}?`,
  answer: () => Promise.reject(new Error('not asked here')),
});
const questions = [question('json'), question('echo-latency')];

describe('the command line', () => {
  test('asks all questions, five rounds each, and checks nothing, by default', () => {
    expect(parseCommand([], questions)).toEqual({ questions, scale: { rounds: 5, work: 1 }, check: false });
  });

  test('asks what it is told to', () => {
    const command = parseCommand(['echo-latency', '--check', '--rounds', '9'], questions);
    expect(command).toEqual({ questions: [questions[1]], scale: { rounds: 9, work: 1 }, check: true });
  });

  test.each([
    [['yaml'], 'no question yaml; there are json, echo-latency'],
    [['--rounds', '4'], '--rounds must be an integer from 5 to 100, got 4'],
    [['--rounds', 'many'], '--rounds must be an integer from 5 to 100, got many'],
    [['--fast'], /Unknown option '--fast'/],
  ])('%j is refused', (args, message) => {
    expect(() => parseCommand(args, questions)).toThrow(message);
  });

  test('explains itself', () => {
    expect(parseCommand(['-h'], questions)).toBe('help');
    expect(usage(questions)).toContain('  json          What of json?\n  echo-latency  What of echo-latency?');
  });
});
