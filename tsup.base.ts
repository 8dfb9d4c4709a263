// One preset for every package: its doors are what `exports` in its package.json names, and nothing else is an entry.
// The native compiler checks the sources and declares them file by file; tsup makes one declaration per door of that.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

type Door = string | { default: string };

const { exports: doors } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, Door> };
const names = Object.values(doors)
  .filter((door): door is { default: string } => typeof door === 'object')
  .map((door) => door.default.replace('./dist/', '').replace(/\.js$/, ''));
const entries = (folder: string, extension: string): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `${folder}/${name}${extension}`]));

/** Neither packed nor in git, and not below node_modules, where declarations are somebody else's. */
const DECLARATIONS = '.turbo/declarations';

/** Throws where the compiler finds an error, after it has said which: then nothing is built. */
function declare(): void {
  const project = {
    extends: '../../tsconfig.json',
    compilerOptions: { noEmit: false, emitDeclarationOnly: true, customConditions: [], rootDir: '../../src', outDir: '.' },
    include: ['../../src'],
  };
  rmSync(DECLARATIONS, { recursive: true, force: true });
  mkdirSync(DECLARATIONS, { recursive: true });
  writeFileSync(`${DECLARATIONS}/tsconfig.json`, JSON.stringify(project));
  const compiler = '../../node_modules/typescript-native/bin/tsc';
  execFileSync(process.execPath, [compiler, '-p', DECLARATIONS], { stdio: 'inherit' });
}

declare();

const preset: Options | Options[] | ((overrideOptions: Options) => Options | Options[] | Promise<Options | Options[]>) =
  defineConfig({
    entry: entries('src', '.ts'),
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    removeNodeProtocol: false, // `net` without `node:` does not load in Deno and hides a built-in from a reader
    dts: {
      entry: entries(DECLARATIONS, '.d.ts'),
      // All is checked by now, so what a declaration refers to need not be read.
      compilerOptions: { ignoreDeprecations: '6.0', composite: false, incremental: false, noLib: true, types: [] },
    },
    sourcemap: true,
    clean: true,
    treeshake: true,
    silent: true,
  });

export default preset;
