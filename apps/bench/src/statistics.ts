// Numbers out of numbers: medians and their spread. Pure.

/** A sample in three figures. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The value below which the share `q` (0 to 1) of the values lies, between neighbours in proportion. */
export function quantile(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) throw new RangeError('values must not be empty');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`q must be a number from 0 to 1, got ${q}`);
  const sorted = Float64Array.from(values).sort();
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (place - below);
}

export function spreadOf(values: ArrayLike<number>): Spread {
  return { median: quantile(values, 0.5), min: quantile(values, 0), max: quantile(values, 1) };
}

/**
 * How many times the one is the other, round by round. The rounds are the pairs: what slows the machine for a while
 * slows both, and leaves the ratio alone.
 */
export function pairedRatios(values: readonly number[], others: readonly number[]): number[] {
  if (values.length !== others.length) {
    throw new RangeError(`both must have as many rounds, got ${values.length} and ${others.length}`);
  }
  return values.map((value, round) => value / (others[round] as number));
}
