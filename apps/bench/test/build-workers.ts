// Runs once before the tests: the children's code in one file each.
import { join } from 'node:path';
import { buildPrograms } from '../../../programs.base.js';

export async function setup(): Promise<() => void> {
  // The peers stay packages, as when they are measured.
  const { folder, remove } = await buildPrograms(join(import.meta.dirname, '..'), ['src/worker.ts'], [/^(?!@verb-tcp\/)[^./]/]);
  process.env['BENCH_WORKERS'] = folder;
  return remove;
}
