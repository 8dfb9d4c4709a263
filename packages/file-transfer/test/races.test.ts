// Two connections that want one thing at the same time: one name, or one upload. The order of what reaches the disk is thrown
// by a seed; RACE_SEED repeats one, RACE_RUNS makes it longer.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TransferResult } from '../src/index.js';
import { faultyDisk } from './faulty-disk.js';
import { openStage, pattern, type Stage } from './stage.js';

const { RACE_SEED, RACE_RUNS = '20' } = process.env;
const SECRET = 'a-secret-of-many-characters';
const KIB = 1024;
/** For hangs alone. */
const MILLISECONDS_EACH = 3000;

const seeds = RACE_SEED === undefined ? Array.from({ length: Number(RACE_RUNS) }, () => Math.floor(Math.random() * 2 ** 31)) : [Number(RACE_SEED)];

/** Integers below a bound, the same for the same seed (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function stageOf(random: (below: number) => number, onConflict: 'reject' | 'rename' = 'reject'): Promise<Stage> {
  return openStage({ onConflict, fileSystem: faultyDisk(() => turns(random(6))) });
}

/** Two uploads that begin a few turns apart. */
async function race(stage: Stage, random: (below: number) => number, uploads: readonly { bytes: Buffer; transferId?: string }[]): Promise<PromiseSettledResult<TransferResult>[]> {
  const modes = ['json', 'binary'] as const;
  return Promise.allSettled(
    uploads.map(async ({ bytes, transferId }) => {
      const client = stage.client({ mode: modes[random(2)], chunkSize: 64 * KIB });
      await turns(random(12));
      return client.upload(bytes, { name: 'f', transferId });
    }),
  );
}

const codesOf = (results: readonly PromiseSettledResult<unknown>[]): string[] =>
  results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as { code?: string }).code ?? String(result.reason)] : []));

describe('two uploads for one name', () => {
  it('give it to one of them, and the other leaves nothing', async () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      await using stage = await stageOf(random);
      const both = [pattern(random(700 * KIB), 1), pattern(random(700 * KIB), 2)];
      const results = await race(stage, random, both.map((bytes) => ({ bytes })));
      expect(codesOf(results), `RACE_SEED=${seed}`).toEqual(['ERR_FILE_FILE_EXISTS']);
      const winner = both[results.findIndex(({ status }) => status === 'fulfilled')] as Buffer;
      await stage.files.close();
      expect((await readFile(join(stage.uploads, 'f'))).equals(winner), `RACE_SEED=${seed}`).toBe(true);
      expect(await readdir(stage.uploads), `RACE_SEED=${seed}`).toEqual(['.incoming', 'f']);
      expect(await readdir(join(stage.uploads, '.incoming')), `RACE_SEED=${seed}`).toEqual([]);
    }
  }, seeds.length * MILLISECONDS_EACH);

  it('both arrive, each under one, where the server renames', async () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      await using stage = await stageOf(random, 'rename');
      const both = [pattern(random(700 * KIB), 1), pattern(random(700 * KIB), 2)];
      const results = await race(stage, random, both.map((bytes) => ({ bytes })));
      const names = results.map((result) => (result.status === 'fulfilled' ? result.value.filename : ''));
      expect([...names].sort(), `RACE_SEED=${seed}`).toEqual(['f', 'f (1)']);
      for (const [index, name] of names.entries()) expect((await readFile(join(stage.uploads, name))).equals(both[index] as Buffer), `RACE_SEED=${seed}`).toBe(true);
      await stage.files.close();
      expect(await readdir(join(stage.uploads, '.incoming')), `RACE_SEED=${seed}`).toEqual([]);
    }
  }, seeds.length * MILLISECONDS_EACH);
});

describe('one upload from two connections', () => {
  it('is one file in the end, and has one part at a time', async () => {
    for (const seed of seeds) {
      const random = randomOf(seed);
      await using stage = await stageOf(random);
      const bytes = pattern(512 * KIB + random(700 * KIB));
      const parts: number[] = [];
      let isOver = false;
      const watching = (async () => {
        for (; !isOver; await turns(1)) parts.push((await readdir(join(stage.uploads, '.incoming')).catch(() => [])).filter((name) => name.endsWith('.part')).length);
      })();
      const results = await race(stage, random, [{ bytes, transferId: SECRET }, { bytes, transferId: SECRET }]);
      isOver = true;
      await watching;
      const codes = codesOf(results);
      // The second may come when the first is there already: it is the same file, and that is success.
      expect([[], ['ERR_FILE_SUPERSEDED']], `RACE_SEED=${seed}`).toContainEqual(codes);
      expect(Math.max(...parts), `RACE_SEED=${seed}`).toBeLessThanOrEqual(1);
      await stage.files.close();
      expect((await readFile(join(stage.uploads, 'f'))).equals(bytes), `RACE_SEED=${seed}`).toBe(true);
      expect(await readdir(join(stage.uploads, '.incoming')), `RACE_SEED=${seed}`).toEqual([]);
    }
  }, seeds.length * MILLISECONDS_EACH);
});
