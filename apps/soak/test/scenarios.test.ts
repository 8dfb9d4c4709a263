// Each scenario at a small part of its work, which is the short version of the line that it stands for. What so short a run
// cannot tell on a machine that does other work too (ratios of times and of memory) is measured and not judged.
import { setMaxListeners } from 'node:events';
import { afterAll, describe, expect, test } from 'vitest';
import type { Row } from '../src/scenario.js';
import { scenarios } from '../src/scenarios.js';

const SMOKE = 0.02;
const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 32);
const abort = new AbortController();
setMaxListeners(0, abort.signal);
afterAll(() => abort.abort(new Error('the tests are over')));

/** Rows that a short run leaves open, at most: everything else has to be told. */
const UNTOLD: Record<string, number> = { 'idle': 1, 'reconnect': 2, 'slow-peers': 1, 'rooms': 2, 'leaks': 1, 'files': 2 };

/** As one text: an array's is cut short where it does not fit. */
function failures(rows: readonly Row[]): string {
  const broken = rows.filter(({ holds }) => holds === false);
  return broken.map(({ what, figure, bound }) => `${what}: ${figure} (bound ${bound})`).join('; ');
}

// Side by side: most of them wait most of the time.
describe.concurrent(`at ${SMOKE} of the work, seed ${seed}`, () => {
  test.each(scenarios)('$name: $promises', { timeout: 90_000 }, async ({ name, run }) => {
    const begun: string[] = [];
    const rows = await run({ work: SMOKE, seed, signal: abort.signal, progress: (what) => begun.push(what) });
    expect(failures(rows)).toBe('');
    expect(rows.length).toBeGreaterThan(1);
    expect(begun.length).toBeGreaterThan(0);
    for (const { what, figure, bound } of rows) expect([what, figure, bound]).not.toContain('');
    expect(rows.filter(({ holds }) => holds === undefined).length).toBeLessThanOrEqual(UNTOLD[name] ?? 0);
  });
});

test('every scenario has a name to type and a line to read', () => {
  const names = ['drain', 'open-files', 'idle', 'burst', 'cluster', 'reconnect', 'exactly-once', 'slow-peers', 'rooms', 'mux', 'bad-bytes', 'leaks', 'files'];
  expect(scenarios.map(({ name }) => name)).toEqual(names);
  for (const { promises, seconds } of scenarios) {
    expect(promises).not.toMatch(/[.?]$/);
    expect(seconds).toBeGreaterThan(0);
  }
});
