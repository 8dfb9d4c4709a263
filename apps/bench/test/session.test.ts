import { describe, expect, test } from 'vitest';
import { busyNote } from '../src/machine.js';
import type { Question } from '../src/question.js';
import { run, type Output } from '../src/session.js';

/** A question whose one bar, "at least 2", gets this ratio. */
function questionWith(name: string, ratio: number): Question {
  const spread = { median: ratio, min: ratio, max: ratio };
  return {
    name,
    asks: `What of ${name}?`,
    async answer({ rounds }, progress) {
      progress(`${name}, ${rounds} rounds`);
      return { tables: [], verdicts: [{ bar: { what: `bar of ${name}`, atLeast: 2 }, ratio: spread, holds: ratio >= 2 }] };
    },
  };
}

const questions = [questionWith('good', 3), questionWith('bad', 1)];

async function typed(...args: string[]): Promise<{ code: number; printed: string; complaints: string; progress: unknown[] }> {
  const texts = { printed: '', complaints: '', progress: [] as unknown[] };
  const output: Output = {
    print: (text) => (texts.printed += `${text}\n`),
    complain: (text) => (texts.complaints += text),
    progress: (what) => texts.progress.push(what),
  };
  return { code: await run(args, questions, output), ...texts };
}

describe('a run', () => {
  test('asks what was typed and prints the answer', async () => {
    const { code, printed, progress, complaints } = await typed('good', '--check', '--rounds', '7');
    expect(code).toBe(0);
    expect(printed).toMatch(/^\d{4}-\d\d-\d\d, Node .*good: What of good\?.*bar of good.*holds/s);
    expect(printed).not.toContain('bar of bad');
    expect(progress).toEqual(['good, 7 rounds', undefined]);
    expect(complaints).toBe('');
  });

  test('asks everything where nothing was typed, and a missed bar alone is no failure', async () => {
    const { code, printed } = await typed();
    expect(code).toBe(0);
    expect(printed).toMatch(/bar of good.*bar of bad.*BELOW THE BAR/s);
  });

  test('fails on a missed bar with --check', async () => {
    expect((await typed('bad', '--check')).code).toBe(1);
    expect((await typed('--check')).code).toBe(1);
  });

  test('does nothing where the command makes no sense, and says what does', async () => {
    const { code, printed, complaints, progress } = await typed('ugly');
    expect([code, printed, progress]).toEqual([2, '', []]);
    expect(complaints).toMatch(/^no question ugly; there are good, bad\n\npnpm bench /);
  });

  test('explains itself', async () => {
    expect(await typed('--help')).toMatchObject({ code: 0, printed: expect.stringContaining('What of bad?') });
  });
});

test('a busy machine is named, a quiet one is not', () => {
  expect(busyNote(0.5, 2)).toBeUndefined();
  expect(busyNote(9.44, 2)).toContain('busy (load 9.4 on 2 cores)');
});
