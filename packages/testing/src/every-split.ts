// Chunks mean nothing on a stream, so a decoder must give the same answer for every way to cut the same bytes. Bytes and
// a check go in; an error that names the cuts comes out. It knows no format and compares nothing itself.
import { TestingError } from './errors.js';
import { checkInteger } from './options.js';
import { createRandom, type Random } from './random.js';

const MAX_SEED = 2 ** 32 - 1;
const MAX_ROUNDS = 1_000_000;
/** Few cuts find what fails between two chunks, many find what fails within a header. */
const MAX_RANDOM_CUTS = 32;

/** Is called with the bytes as chunks: fresh copies, the check's to keep and to change. Throws where they decode wrong. */
export type SplitCheck = (chunks: Buffer[]) => void;
/** A check that has to wait. Checks run one after the other. */
export type AsyncSplitCheck = (chunks: Buffer[]) => Promise<void>;

/** One way to cut, and the seed it comes from. */
interface Split {
  cuts: number[];
  seed?: number;
}

/**
 * Calls `check` with the bytes whole, cut in two at every place, and byte by byte: n + 1 calls for n bytes.
 *
 * @throws {TestingError} `ERR_TESTING_CHECK_FAILED` with the `cuts` for which `check` threw.
 *
 * @example
 * everySplit(encodeMessage({ a: 1 }), (chunks) => assert.deepEqual(decodeAll(chunks), [{ a: 1 }]));
 */
export function everySplit(bytes: Uint8Array, check: AsyncSplitCheck): Promise<void>;
export function everySplit(bytes: Uint8Array, check: SplitCheck): void;
export function everySplit(bytes: Uint8Array, check: SplitCheck | AsyncSplitCheck): void | Promise<void> {
  return runSplits(bytes, everyCut(bytes.byteLength), check);
}

/**
 * Calls `check` with `rounds` random ways to cut the bytes, the same ones for the same seed.
 *
 * @throws {TestingError} `ERR_TESTING_CHECK_FAILED` with the `seed` and the `cuts`; the message has both.
 *
 * @example
 * randomSplits(bytes, 42, 1000, (chunks) => assert.deepEqual(decodeAll(chunks), expected));
 */
export function randomSplits(bytes: Uint8Array, seed: number, rounds: number, check: AsyncSplitCheck): Promise<void>;
export function randomSplits(bytes: Uint8Array, seed: number, rounds: number, check: SplitCheck): void;
export function randomSplits(
  bytes: Uint8Array,
  seed: number,
  rounds: number,
  check: SplitCheck | AsyncSplitCheck,
): void | Promise<void> {
  checkInteger('seed', seed, 0, MAX_SEED);
  checkInteger('rounds', rounds, 1, MAX_ROUNDS);
  return runSplits(bytes, randomCuts(bytes.byteLength, seed, rounds), check);
}

function* everyCut(length: number): Generator<Split> {
  yield { cuts: [] };
  for (let cut = 1; cut < length; cut++) yield { cuts: [cut] };
  // Two bytes cut in two are byte by byte already.
  if (length > 2) yield { cuts: Array.from({ length: length - 1 }, (_, index) => index + 1) };
}

function* randomCuts(length: number, seed: number, rounds: number): Generator<Split> {
  const random = createRandom(seed);
  for (let round = 0; round < rounds; round++) yield { cuts: drawCuts(length, random), seed };
}

function drawCuts(length: number, random: Random): number[] {
  if (length < 2) return [];
  const count = 1 + random(Math.min(MAX_RANDOM_CUTS, length - 1));
  const cuts = new Set<number>();
  for (let drawn = 0; drawn < count; drawn++) cuts.add(1 + random(length - 1));
  return [...cuts].sort((left, right) => left - right);
}

function runSplits(bytes: Uint8Array, splits: Iterator<Split>, check: SplitCheck | AsyncSplitCheck): void | Promise<void> {
  for (let next = splits.next(); !next.done; next = splits.next()) {
    const split = next.value;
    let pending: void | Promise<void>;
    try {
      pending = check(cutAt(bytes, split.cuts));
    } catch (cause) {
      throw failure(bytes, split, cause);
    }
    // The first answer shows which kind of check this is.
    if (pending instanceof Promise) return runAsync(bytes, pending, split, splits, check as AsyncSplitCheck);
  }
}

async function runAsync(
  bytes: Uint8Array,
  first: Promise<void>,
  firstSplit: Split,
  splits: Iterator<Split>,
  check: AsyncSplitCheck,
): Promise<void> {
  let pending = first;
  let split = firstSplit;
  for (;;) {
    try {
      await pending;
    } catch (cause) {
      throw failure(bytes, split, cause);
    }
    const next = splits.next();
    if (next.done) return;
    split = next.value;
    try {
      pending = check(cutAt(bytes, split.cuts));
    } catch (cause) {
      throw failure(bytes, split, cause);
    }
  }
}

function cutAt(bytes: Uint8Array, cuts: readonly number[]): Buffer[] {
  if (bytes.byteLength === 0) return [];
  const edges = [0, ...cuts, bytes.byteLength];
  return edges.slice(1).map((end, index) => Buffer.from(bytes.subarray(edges[index] as number, end)));
}

function failure(bytes: Uint8Array, { cuts, seed }: Split, cause: unknown): TestingError {
  const where = cuts.length === 0 ? 'whole' : `cut at ${cuts.join(', ')}`;
  const origin = seed === undefined ? '' : ` (seed ${seed})`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `${bytes.byteLength} bytes ${where}${origin}: ${reason}`;
  return new TestingError('ERR_TESTING_CHECK_FAILED', message, { cuts, seed, cause });
}
