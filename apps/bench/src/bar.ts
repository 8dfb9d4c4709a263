// A bar is what a package must reach, as a ratio of two things measured in turn; a verdict is what became of it. Pure.
import { pairedRatios, spreadOf, type Spread } from './statistics.js';

/** `what` reads as a sentence with its bound: "one way, 100 B: framing-json ≥ 2.0 × split2". */
export type Bar = { what: string; atLeast: number } | { what: string; atMost: number };

export interface Verdict {
  bar: Bar;
  ratio: Spread;
  holds: boolean;
}

/** The bar against the median of the ratios, one of each round. */
export function judge(bar: Bar, values: readonly number[], others: readonly number[]): Verdict {
  const ratio = spreadOf(pairedRatios(values, others));
  const holds = 'atLeast' in bar ? ratio.median >= bar.atLeast : ratio.median <= bar.atMost;
  return { bar, ratio, holds };
}
