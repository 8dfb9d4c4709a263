// How the property tests run: FC_SEED repeats one run, FC_RUNS makes it longer. A failure prints its seed and its path.
import type { Parameters } from 'fast-check';

const { FC_SEED, FC_RUNS } = process.env;

export const settings: Parameters<unknown> = {
  numRuns: FC_RUNS === undefined ? 200 : Number(FC_RUNS),
  ...(FC_SEED === undefined ? {} : { seed: Number(FC_SEED) }),
};
