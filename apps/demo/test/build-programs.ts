// Runs once before the tests: the programs of the demo in one file each. A program starts so in a quarter of the time that
// its hundred sources take.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const sources = { start: '../src/main.ts', chat: '../src/clients/chat.ts', files: '../src/clients/files.ts', mux: '../src/clients/mux.ts' } as const;

export type ProgramName = keyof typeof sources;

export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'demo-programs-'));
  buildSync({
    entryPoints: Object.entries(sources).map(([out, file]) => ({ out, in: fileURLToPath(new URL(file, import.meta.url)) })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['verb-tcp-source'],
    sourcemap: 'inline',
    // For libraries that are CommonJS.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  process.env['DEMO_PROGRAMS'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
