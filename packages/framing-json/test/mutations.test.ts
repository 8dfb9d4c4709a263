// Random damage to good bytes: the answer is the same for every chunking, and it is messages or an error, never a throw.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MessageHandler, type FrameError } from '../src/index.js';
import { socketPair } from '@verb-tcp/testing';
import { frames, record } from './peers.js';
import { mutationSeed } from './property.js';

const ROUNDS = Number(process.env['FC_RUNS'] ?? 25_000);

/** mulberry32: integers from 0 to `bound` - 1. */
function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

function mutate(bytes: Buffer, random: (bound: number) => number): Buffer {
  const mutated = Buffer.from(bytes);
  for (let change = random(4); change >= 0; change--) {
    const at = random(mutated.length);
    const kind = random(5);
    if (kind === 0) mutated[at] = random(256);
    else if (kind === 1) mutated[at] = (mutated[at] as number) ^ (1 << random(8));
    else if (kind === 2) mutated.copyWithin(at, random(mutated.length));
    else if (kind === 3) mutated.fill(0x31 + random(9), at, Math.min(mutated.length, at + random(20)));
    else mutated[at] = 0x30 + random(10);
  }
  return mutated.subarray(0, mutated.length - (random(4) === 0 ? random(mutated.length) : 0));
}

function answer(chunks: Buffer[], onInvalid: 'close' | 'skip'): string {
  const [peer, socket] = socketPair();
  const handler = new MessageHandler(socket, { onInvalid, messageTimeout: 0 });
  const { messages, errors } = record(handler);
  for (const chunk of chunks) handler.handleData(chunk);
  peer.destroy();
  socket.destroy();
  return JSON.stringify([messages, errors.map((error) => (error as FrameError).code)]);
}

it(`${ROUNDS} mutations decode alike whole and cut, and never throw (seed ${mutationSeed})`, async () => {
  const random = createRandom(mutationSeed);
  const good = frames({ type: 'ping' }, { a: 'é' }, ['😀', 1, null], 'text', 42, { nested: { deep: [true] } });
  const codes = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    // What was destroyed must be let go of.
    if (round % 500 === 0) await nextTurn();
    const bytes = mutate(good, random);
    const onInvalid = random(2) === 0 ? 'close' : 'skip';
    const cut = random(bytes.length + 1);
    const cutAgain = cut + random(bytes.length - cut + 1);
    const whole = answer([bytes], onInvalid);
    const split = answer([bytes.subarray(0, cut), bytes.subarray(cut, cutAgain), bytes.subarray(cutAgain)], onInvalid);
    if (whole !== split) {
      throw new Error(`seed ${mutationSeed}, round ${round}, cut at ${cut} and ${cutAgain}: ${bytes.toString('hex')}`);
    }
    for (const [code] of whole.matchAll(/ERR_FRAME_\w+/g)) codes.add(code);
  }
  // That every code was met at all is sure only of many.
  if (ROUNDS < 10_000) return;
  expect([...codes].sort()).toEqual([
    'ERR_FRAME_HEADER_INVALID',
    'ERR_FRAME_HEADER_TOO_LONG',
    'ERR_FRAME_INVALID_JSON',
    'ERR_FRAME_INVALID_UTF8',
    'ERR_FRAME_TOO_LARGE',
  ]);
});
