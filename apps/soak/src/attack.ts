// What is sent to a server that expects JSON messages and is none, whole and cut in two at every place, and the code that it
// has to be answered with.
import { corpus } from '@verb-tcp/testing';
import type { Random } from './random.js';

export interface Attack {
  list: 'json' | 'jsonTruncated' | 'foreign';
  index: number;
  /** Where the bytes are cut in two; 0 is whole. */
  cut: number;
}

export function bytesOf({ list, index }: Attack): Buffer {
  return (corpus[list][index] as { bytes: Buffer }).bytes;
}

export function codeOf({ list, index }: Attack): string {
  if (list === 'foreign') return 'ERR_FRAME_HEADER_INVALID';
  return corpus[list][index]?.code ?? '';
}

export function nameOf({ list, index, cut }: Attack): string {
  const { name } = corpus[list][index] as { name: string };
  return `${name}${cut === 0 ? '' : `, cut at ${cut}`}`;
}

/** Every entry whole, and `share` of all their cuts, chosen at random. */
export function planAttacks(share: number, random: Random): Attack[] {
  const attacks: Attack[] = [];
  for (const list of ['json', 'jsonTruncated', 'foreign'] as const) {
    for (const [index, { bytes }] of corpus[list].entries()) {
      attacks.push({ list, index, cut: 0 });
      for (let cut = 1; cut < bytes.length; cut++) {
        if (random(1_000_000) < share * 1_000_000) attacks.push({ list, index, cut });
      }
    }
  }
  return attacks;
}
