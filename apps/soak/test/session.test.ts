import { describe, expect, test } from 'vitest';
import { renderSummary, verdictOf } from '../src/report.js';
import type { Effort, Row, Scenario } from '../src/scenario.js';
import { run, type Output } from '../src/session.js';

function scenarioOf(name: string, answer: (effort: Effort) => Promise<Row[]>, seconds = 60): Scenario {
  return { name, promises: `the promise of ${name}`, seconds, run: answer };
}

const row = (holds: boolean | undefined): Row => ({ what: 'connections lost', figure: '3', bound: '0', holds });

async function typed(scenarios: Scenario[], ...args: string[]): Promise<{ code: number; printed: string; complaints: string; progress: unknown[] }> {
  const texts = { printed: '', complaints: '', progress: [] as unknown[] };
  const output: Output = {
    print: (text) => (texts.printed += `${text}\n`),
    complain: (text) => (texts.complaints += text),
    progress: (what) => texts.progress.push(what),
  };
  return { code: await run(args, scenarios, output), ...texts };
}

describe('a run', () => {
  const good = scenarioOf('good', async ({ progress }) => {
    progress('half of it');
    return [row(true), row(undefined)];
  });
  const bad = scenarioOf('bad', async () => [row(false)]);
  const ugly = scenarioOf('ugly', () => Promise.reject(new Error('it broke')));

  test('prints each figure next to its bound, the seed, and 0 where all hold', async () => {
    const { code, printed, progress } = await typed([good], '--seed', '7');
    expect(code).toBe(0);
    expect(printed).toMatch(/^\d{4}-\d\d-\d\d, Node .*seed 7\n/);
    expect(printed).toMatch(/good: the promise of good.*connections lost.* 3 .* 0 .*holds.*cannot tell/s);
    expect(printed).toContain('2 bounds: 1 hold, 0 broken, 1 cannot be told here; seed 7');
    expect(progress).toEqual(['half of it', undefined]);
  });

  test('goes on behind a broken bound, names it again in the end, and gives 1', async () => {
    const { code, printed } = await typed([bad, good]);
    expect(code).toBe(1);
    expect(printed).toMatch(/BROKEN.*good: the promise of good.*3 bounds.*BROKEN bad, connections lost: 3 \(bound 0\)/s);
  });

  test('takes a scenario that throws for a broken bound', async () => {
    const { code, printed } = await typed([ugly, good]);
    expect(code).toBe(1);
    expect(printed).toMatch(/BROKEN ugly, comes to its end: Error: it broke/);
  });

  test('breaks off what is not over in time', async () => {
    const slow = scenarioOf('slow', ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))));
    const { code, printed } = await typed([slow], '--minutes', '0.001');
    expect(code).toBe(1);
    expect(printed).toContain('comes to its end: not over within 0.001 min (bound no error)');
  });

  test.each([
    ['1', 0.5],
    ['2', 1],
    ['60', 1],
  ])('of %s minutes for what takes two does %d of the work', async (minutes, work) => {
    const works: number[] = [];
    const note = async (effort: Effort): Promise<Row[]> => {
      works.push(effort.work);
      return [row(true)];
    };
    await typed([scenarioOf('a', note), scenarioOf('b', note)], '--minutes', minutes);
    expect(works[0]).toBeCloseTo(work, 2);
    // What the first one left over is the second one's.
    expect(works[1]).toBeCloseTo(1, 2);
  });

  test('does nothing where the command makes no sense, and says what does', async () => {
    const { code, printed, complaints } = await typed([good], 'nonsense');
    expect([code, printed]).toEqual([2, '']);
    expect(complaints).toMatch(/^no scenario nonsense; there are good\n\npnpm soak /);
  });

  test('explains itself', async () => {
    expect(await typed([good], '--help')).toMatchObject({ code: 0, printed: expect.stringContaining('the promise of good') });
  });
});

test('a verdict is one of three', () => {
  expect([true, false, undefined].map((holds) => verdictOf({ holds }))).toEqual(['holds', 'BROKEN', 'cannot tell']);
  expect(renderSummary([row(true)], 1)).toBe('1 bounds: 1 hold, 0 broken; seed 1');
});
