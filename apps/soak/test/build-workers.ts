// Runs once before the tests: the children's code in one file each.
import { join } from 'node:path';
import { buildPrograms } from '../../../programs.base.js';

export async function setup(): Promise<() => void> {
  const entry = { 'worker': 'src/worker.ts', 'cluster-worker': 'src/cluster-worker.ts', 'mux-model': '../../packages/mux/test/model/main.ts' };
  const { folder, remove } = await buildPrograms(join(import.meta.dirname, '..'), entry);
  process.env['SOAK_WORKERS'] = folder;
  return remove;
}
