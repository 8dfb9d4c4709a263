// Random damage to good bytes: the answer is the same for every chunking, and it is messages or an error, never a throw.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createDecoder, type BinaryMessage, type FrameError } from '../src/index.js';
import { connect, data, frame, plain, record } from './peers.js';
import { mutationSeed } from './property.js';

const ROUNDS = Number(process.env['FC_RUNS'] ?? 20_000);
/** Of these many rounds one asks a whole handler too, which costs far more. */
const HANDLER_EVERY = 20;
const OPTIONS = { maxPayloadBytes: 300, knownTypes: [0x10, 0x20, 0x30], knownFlags: 0x0fff, messageTimeout: 0 };

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
    else if (kind === 3) mutated.fill(0, at, Math.min(mutated.length, at + random(20)));
    else mutated[at] = 0xff;
  }
  return mutated.subarray(0, mutated.length - (random(4) === 0 ? random(mutated.length) : 0));
}

function codesOf(errors: readonly unknown[]): (string | undefined)[] {
  return errors.map((error) => (error as FrameError).code);
}

function decoded(chunks: Buffer[]): string {
  const decoder = createDecoder(OPTIONS);
  const messages: BinaryMessage[] = [];
  const errors: unknown[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    try {
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) messages.push(message);
    } catch (error) {
      errors.push(error);
    }
  }
  return JSON.stringify([plain(messages), codesOf(errors)]);
}

function handled(chunks: Buffer[]): string {
  const { handler, socket } = connect(OPTIONS);
  const { messages, errors } = record(handler);
  for (const chunk of chunks) handler.handleBinaryData(chunk);
  socket.destroy();
  return JSON.stringify([plain(messages), codesOf(errors)]);
}

it(`${ROUNDS} mutations decode alike whole and cut, and never throw (seed ${mutationSeed})`, async () => {
  const random = createRandom(mutationSeed);
  const good = Buffer.concat([data('hello', ''), frame(1), frame(2, 'pong'), frame(0x20, 'file', 1), frame(0x30, 'x'.repeat(40), 0xfff)]);
  const codes = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    // What was destroyed must be let go of.
    if (round % 500 === 0) await nextTurn();
    const bytes = mutate(good, random);
    const cut = random(bytes.length + 1);
    const cutAgain = cut + random(bytes.length - cut + 1);
    const whole = decoded([bytes]);
    const pieces = [bytes.subarray(0, cut), bytes.subarray(cut, cutAgain), bytes.subarray(cutAgain)];
    const others = round % HANDLER_EVERY === 0 ? [decoded(pieces), handled([bytes]), handled(pieces)] : [decoded(pieces)];
    if (others.some((other) => other !== whole)) {
      throw new Error(`seed ${mutationSeed}, round ${round}, cut at ${cut} and ${cutAgain}: ${bytes.toString('hex')}`);
    }
    for (const [code] of whole.matchAll(/ERR_FRAME_\w+/g)) codes.add(code);
  }
  expect([...codes].sort()).toEqual(['ERR_FRAME_RESERVED_FLAGS', 'ERR_FRAME_TOO_LARGE', 'ERR_FRAME_UNKNOWN_TYPE']);
});
