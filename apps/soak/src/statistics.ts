// Numbers out of numbers. Pure.

/** The value below which the share `q` (0 to 1) of the values lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The index of the first bin from `from` on that is above `factor` times the mean of its neighbours, or −1. Few scatter by
 * themselves: a mean below `least` counts as that. Each bin may be higher by its `allowance`, a share of itself.
 */
export function firstStampede(bins: readonly number[], from: number, factor: number, least: number, allowance: readonly number[] = []): number {
  return bins.findIndex((count, index) => {
    if (index < from || index + 1 >= bins.length) return false;
    const mean = ((bins[index - 1] as number) + (bins[index + 1] as number)) / 2;
    return count > factor * Math.max(mean, least) * (1 + (allowance[index] ?? 0));
  });
}
