// Seeded randomness: the same seed gives the same numbers on every machine. Marsaglia's 32-bit xorshift (13, 17, 5): good
// enough to place cuts, useless for secrets. Pure: no clock, no global generator.

/** Gives integers from 0 up to, not including, `bound`. */
export type Random = (bound: number) => number;

const GOLDEN_RATIO = 0x9e3779b9;
const RANGE = 2 ** 32;
const WARM_UP_ROUNDS = 8;

/** A generator for one run. Seeds are 0 to 2^32 - 1. */
export function createRandom(seed: number): Random {
  // The all-zero state would stay zero.
  let state = (seed ^ GOLDEN_RATIO) >>> 0 || 1;
  const step = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  // Seeds that differ in one bit begin alike.
  for (let round = 0; round < WARM_UP_ROUNDS; round++) step();
  return (bound) => Math.floor((step() / RANGE) * bound);
}

/** A seed of its own for each use of one seed: the third connection, downwards, the second fault. */
export function deriveSeed(seed: number, ...parts: readonly number[]): number {
  let hash = seed >>> 0;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part + GOLDEN_RATIO), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    hash = (hash ^ (hash >>> 16)) >>> 0;
  }
  return hash;
}
