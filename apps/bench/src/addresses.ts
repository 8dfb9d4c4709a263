// Addresses out of a seed, as the system spells them. Pure.

/** Random ones, each new; or a few clients that come again and again. */
export type AddressMix = 'random IPv6' | 'random IPv4' | '10 000 clients, IPv4';

/** `count` addresses; another `seed` gives others. */
export function addressesOf(mix: AddressMix, count: number, seed: number): string[] {
  const random = sequence(seed + 1);
  return Array.from({ length: count }, () => {
    if (mix === 'random IPv6') return Array.from({ length: 8 }, () => (1 + (random() % 0xffff)).toString(16)).join(':');
    const number = mix === 'random IPv4' ? random() : 0x0a00_0000 + (random() % 10_000);
    return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
  });
}

/** Whole numbers from 0 to 2^32 − 1 (mulberry32). */
function sequence(seed: number): () => number {
  let state = Math.imul(seed, 0x9e37_79b1) >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
