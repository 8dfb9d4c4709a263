// Numbers out of numbers. Pure.

/** The value below which the share `q` (0 to 1) of the values lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The index of the first bin that is above `factor` times the mean of its neighbours, or −1. Means below `least` count as that. */
export function firstStampede(bins: readonly number[], from: number, factor: number, least: number): number {
  return bins.findIndex((count, index) => {
    if (index < from || index + 1 >= bins.length) return false;
    const mean = ((bins[index - 1] as number) + (bins[index + 1] as number)) / 2;
    return count > factor * Math.max(mean, least);
  });
}
