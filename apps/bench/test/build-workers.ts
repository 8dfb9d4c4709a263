// Runs once before the tests: the children's code in one file each, out of the sources, so that a hundred children start in
// milliseconds and not in half a second each.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'tsup';

let folder: string | undefined;

export async function setup(): Promise<void> {
  // Below this app, where what is not bundled resolves.
  folder = await mkdtemp(join(import.meta.dirname, '../node_modules/.bench-'));
  await build({
    config: false,
    entry: ['src/worker.ts'],
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    outDir: folder,
    noExternal: [/^@verb-tcp\//],
    // The peers stay packages, as when they are measured.
    external: [/^(?!@verb-tcp\/)[^./]/],
    esbuildOptions: (options) => void (options.conditions = ['verb-tcp-source']),
    sourcemap: 'inline',
    silent: true,
  });
  process.env['BENCH_WORKERS'] = folder;
}

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true });
}
