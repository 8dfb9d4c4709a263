// Runs once before the tests: the programs that tests start as processes of their own, out of the sources, so that each
// starts in a tenth of a second and not with a compiler in it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the built `fixtures/`. */
    fixtures: string;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  // Below this package, and where git does not look.
  const modules = join(import.meta.dirname, '../node_modules');
  mkdirSync(modules, { recursive: true });
  const folder = mkdtempSync(join(modules, '.fixtures-'));
  await build({
    config: false,
    entry: ['test/fixtures/*.ts'],
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    outDir: folder,
    noExternal: [/^@verb-tcp\//],
    esbuildOptions: (options) => void (options.conditions = ['verb-tcp-source']),
    sourcemap: 'inline',
    silent: true,
  });
  project.provide('fixtures', folder);
  return () => rmSync(folder, { recursive: true });
}
