// Each question at a small fraction of its work: that it can be asked, and what an answer looks like. Nothing is timed.
import { describe, expect, test } from 'vitest';
import { questions } from '../src/questions.js';
import { renderAnswer } from '../src/report.js';

const SMOKE = { rounds: 1, work: 0.02 };
const BARS: Record<string, number> = {
  json: 5,
  binary: 3,
  'echo-latency': 1,
  'accept-close': 1,
  'idle-connections': 1,
  mux: 7,
  'mux-streams': 2,
  'mux-latency': 2,
  'mux-delay': 3,
  rooms: 3,
  throttle: 1,
  files: 3,
  packages: 0,
};

describe.each(questions)('$name', (question) => {
  test('is answered with figures, settings and a verdict for each bar', { timeout: 300_000 }, async () => {
    const begun: string[] = [];
    const answer = await question.answer(SMOKE, (what) => begun.push(what));
    expect(begun.length).toBeGreaterThan(0);
    for (const { title, unit, rows } of answer.tables) {
      expect(title && unit).not.toBe('');
      expect(rows.length).toBeGreaterThan(1);
      for (const { contender, settings, figure } of rows) {
        expect(settings, contender).not.toBe('');
        expect(figure.min, contender).toBeGreaterThan(0);
        expect(figure.median, contender).toBeGreaterThanOrEqual(figure.min);
        expect(figure.max, contender).toBeLessThan(Infinity);
      }
    }
    expect(answer.verdicts).toHaveLength(BARS[question.name] as number);
    for (const { ratio, holds, bar } of answer.verdicts) {
      expect(ratio.median, bar.what).toBeGreaterThan(0);
      expect(ratio.median, bar.what).toBeLessThan(Infinity);
      expect(typeof holds).toBe('boolean');
      expect(renderAnswer(answer)).toContain(bar.what);
    }
  });
});

test('every question has a name to type and a line to read', () => {
  expect(questions.map(({ name }) => name)).toEqual(Object.keys(BARS));
  for (const { name, asks } of questions) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(asks).toMatch(/\?$/);
  }
});
