// What a question is made of. A question measures and judges; it does not print and does not decide the exit code.
import type { Verdict } from './bar.js';
import type { Spread } from './statistics.js';

/** How much work goes into an answer. */
export interface Scale {
  /** How often each contender is measured. */
  rounds: number;
  /** Work of one measurement, as a share of what the question takes for a good figure: 1, and little for a smoke test. */
  work: number;
}

/** One line of a table: a contender, how it was set up, and what it did. */
export interface Row {
  contender: string;
  settings: string;
  figure: Spread;
  /** Further figures by column, as text: they inform and are judged by nobody. */
  notes?: Record<string, string>;
}

export interface Table {
  title: string;
  /** Of `figure`: `messages/s`, `µs`. */
  unit: string;
  rows: Row[];
}

export interface Answer {
  tables: Table[];
  verdicts: Verdict[];
}

export interface Question {
  name: string;
  /** One line. */
  asks: string;
  /** Calls `progress` once for each measurement begun. */
  answer(scale: Scale, progress: (what: string) => void): Promise<Answer>;
}

/** `count` at this scale, at least `min`. */
export function scaled(count: number, scale: Scale, min = 1): number {
  return Math.max(min, Math.round(count * scale.work));
}
