// One preset for every package: its doors are what `exports` in its package.json names, and nothing else is an entry.
import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

type Door = string | { default: string };

const { exports: doors } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, Door> };
const entry = Object.values(doors)
  .filter((door): door is { default: string } => typeof door === 'object')
  .map((door) => door.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));

const preset: Options | Options[] | ((overrideOptions: Options) => Options | Options[] | Promise<Options | Options[]>) =
  defineConfig({
    entry,
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    removeNodeProtocol: false, // `net` without `node:` does not load in Deno and hides a built-in from a reader
    dts: { compilerOptions: { ignoreDeprecations: '6.0', composite: false, incremental: false, customConditions: [] } },
    sourcemap: true,
    clean: true,
    treeshake: true,
    silent: true,
  });

export default preset;
