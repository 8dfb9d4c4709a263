// Runs once before the tests: the children's code in one file each, out of the sources, so that thirty children start in
// milliseconds and not in half a second each.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'tsup';

let folder: string | undefined;

export async function setup(): Promise<void> {
  // Below this app, where what is not bundled resolves.
  folder = await mkdtemp(join(import.meta.dirname, '../node_modules/.soak-'));
  await build({
    config: false,
    entry: { 'worker': 'src/worker.ts', 'cluster-worker': 'src/cluster-worker.ts', 'mux-model': '../../packages/mux/test/model/main.ts' },
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    outDir: folder,
    noExternal: [/^@verb-tcp\//],
    esbuildOptions: (options) => void (options.conditions = ['verb-tcp-source']),
    sourcemap: 'inline',
    silent: true,
  });
  process.env['SOAK_WORKERS'] = folder;
}

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true });
}
