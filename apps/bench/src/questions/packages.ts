// What does a package weigh? Its tarball as npm makes it, and the first import in a fresh process. Nobody is judged.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Answer, Question, Scale } from '../question.js';
import { inTurn } from '../rounds.js';
import { spreadOf } from '../statistics.js';

const run = promisify(execFile);
const NAMES = ['socket', 'core', 'framing-json', 'framing-binary', 'pool', 'rooms', 'mux', 'file-transfer', 'testing'];
/** Of the system and of npm alike: the file cache is warm after the first. */
const SETTINGS = { packed: 'npm pack: with sources and source maps', imported: 'built, a fresh process each, files cached' };

/** Bytes of each tarball, in the order of `NAMES`. */
async function packedBytes(): Promise<number[]> {
  const require = createRequire(import.meta.url);
  const folders = NAMES.map((name) => dirname(require.resolve(`@verb-tcp/${name}/package.json`)));
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', ...folders], { maxBuffer: 64 * 1024 * 1024 });
  const packed = JSON.parse(stdout) as { name: string; size: number }[];
  return NAMES.map((name) => (packed.find((one) => one.name === `@verb-tcp/${name}`) as { size: number }).size);
}

/** Milliseconds, without the start of the process. */
async function importTime(name: string): Promise<number> {
  const code = `const begun = performance.now(); await import('@verb-tcp/${name}'); console.log(performance.now() - begun)`;
  // From here the names lead to what is built.
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd });
  return Number(stdout);
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  progress('npm pack');
  const sizes = await packedBytes();
  const contenders = Object.fromEntries(NAMES.map((name) => [name, () => importTime(name)]));
  const times = await inTurn(contenders, scale.rounds, progress);
  const tables = [
    {
      title: 'One package, packed',
      unit: 'kB',
      rows: NAMES.map((contender, index) => ({ contender, settings: SETTINGS.packed, figure: spreadOf([(sizes[index] as number) / 1000]) })),
    },
    {
      title: 'Its first import',
      unit: 'ms',
      rows: NAMES.map((contender) => ({ contender, settings: SETTINGS.imported, figure: spreadOf(times[contender] as number[]) })),
    },
  ];
  return { tables, verdicts: [] };
}

export const packages: Question = {
  name: 'packages',
  asks: 'What does a package weigh, and how long does its first import take?',
  answer,
};
