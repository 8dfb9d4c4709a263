// Builds the programs that tests start as processes of their own: out of the sources, once before all tests. Each then
// starts in milliseconds and not with a compiler in it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Options } from 'tsup';

export interface Programs {
  /** Where they are, named as their entries. */
  readonly folder: string;
  remove(): void;
}

/** @param packageFolder What is not bundled resolves from there. @param entry As tsup takes it. @param external What stays out. */
export async function buildPrograms(packageFolder: string, entry: NonNullable<Options['entry']>, external: RegExp[] = []): Promise<Programs> {
  // Below the package, and where git does not look.
  const modules = join(packageFolder, 'node_modules');
  mkdirSync(modules, { recursive: true });
  const folder = mkdtempSync(join(modules, '.programs-'));
  await build({
    config: false,
    entry,
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    outDir: folder,
    noExternal: [/^@verb-tcp\//],
    external,
    esbuildOptions: (options) => void (options.conditions = ['verb-tcp-source']),
    sourcemap: 'inline',
    silent: true,
  });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
