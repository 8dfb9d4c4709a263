// Random operations on two ends with random cuts between them, against plain queues. FC_SEED repeats a run,
// MUX_MODEL_OPERATIONS makes it longer.
import { describe, expect, it } from 'vitest';
import { TCPStreamMultiplexer } from '../../src/index.js';
import type { MakeMux } from './contract.js';
import { mutants } from './mutants.js';
import { runModel } from './run.js';
import type { Combination } from './session.js';

const { FC_SEED, MUX_MODEL_OPERATIONS } = process.env;
const seed = FC_SEED === undefined ? Date.now() % 2 ** 32 : Number(FC_SEED);
const operations = Number(MUX_MODEL_OPERATIONS ?? 2000);
/** For as long as it may take on a machine that does other work. */
const timeout = 60_000 + operations * 20;
const makeMux: MakeMux = (socket, options) => new TCPStreamMultiplexer(socket, options);

describe(`the model, seed ${seed}`, () => {
  const combinations: Combination[] = ['extended/extended', 'extended/minimal', 'minimal/extended'];

  it.each(combinations)('every byte in order, every stream to its end, none held up by others: %s', { timeout }, async (combination) => {
    const share = Math.ceil(operations * (combination === 'extended/extended' ? 0.5 : 0.25));
    const report = await runModel({ makeMux, seed, operations: share, combination });
    expect(report.faults).toEqual([]);
    expect(report.operations).toBeGreaterThanOrEqual(share);
    expect(report.streams).toBeGreaterThan(0);
    expect(report.bytes).toBeGreaterThan(0);
  });

  // A seed of its own: a short run may have no reader that takes half a window.
  it('has grants in what it runs', async () => {
    const report = await runModel({ makeMux, seed: 1, operations: 2000, combination: 'extended/extended' });
    expect(report.faults).toEqual([]);
    expect(report.grants).toBeGreaterThan(0);
  });
});

// From fixed seeds: each of them must be noticed.
describe('the model notices', () => {
  it.each(mutants)('$name', async (mutant) => {
    for (const from of [1, 1001]) {
      let strikes = 0;
      // Once in each session: one whose streams are given up soon after, or whose connection is lost, may hide it.
      const report = await runModel({
        makeMux,
        seed: from,
        operations: 20_000,
        combination: 'extended/extended',
        // So small that senders wait for grants early.
        windowBytes: 4096,
        mutant: (session) => mutant.make(session, () => strikes++),
      });
      expect(strikes, `from seed ${from}`).toBeGreaterThan(0);
      expect(report.faults, `from seed ${from}`).not.toEqual([]);
    }
  });
});
