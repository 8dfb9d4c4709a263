// An empty folder in which the packed packages are installed, as a user would have them, and programs that use them.
// Nothing is fetched: npm installs the tarballs alone, and the compiler and vitest are links to this workspace's own.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { root } from './workspace.js';

const run = promisify(execFile);
const PRELOAD = fileURLToPath(new URL('free-ports.mjs', import.meta.url));
const EXAMPLE_TIMEOUT = 15_000;

/** What npm and pnpm tell their children through the environment is not for another npm to read. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|PNPM_|NODE_OPTIONS$|VITEST)/i.test(name)));

/** Packs every package into `folder`, and gives the tarballs' paths. */
export async function packPackages(folder: string): Promise<string[]> {
  const args = ['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', folder];
  const pnpm = process.env['npm_execpath'] ?? '';
  if (/pnpm\.c?js$/.test(pnpm)) await run(process.execPath, [pnpm, ...args], { cwd: root, env: environment });
  else await run('pnpm', args, { cwd: root, env: environment });
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Installs the tarballs into `folder`, which has nothing but a package.json, and links the tools that tests need. */
export async function installTarballs(folder: string, tarballs: readonly string[]): Promise<void> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...tarballs], { cwd: folder, env: environment });
  for (const name of ['typescript', 'vitest', '@types/node']) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules', name)), join(folder, 'node_modules', name));
  }
}

export interface Program {
  /** Its file in the folder, without extension. */
  name: string;
  text: string;
}

/** Writes the programs into `folder`, compiles them there, and gives what the compiler says, strictly. */
export function compile(folder: string, programs: readonly Program[], declarations = ''): string[] {
  writeFileSync(join(folder, 'declarations.d.ts'), declarations);
  const files = programs.map(({ name, text }) => {
    const file = join(folder, `${name}.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  });
  const options: ts.CompilerOptions = {
    strict: true,
    skipLibCheck: false,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
    typeRoots: [join(folder, 'node_modules/@types')],
  };
  const program = ts.createProgram([...files, join(folder, 'declarations.d.ts')], options);
  // What the language and Node declare is most of what there is, and not ours: each file is asked for by itself.
  const ours = program.getSourceFiles().filter(({ fileName }) => !/\/node_modules\/(typescript|@types\/node|undici-types)\//.test(fileName));
  const found = ours.flatMap((file) => [...ts.getPreEmitDiagnostics(program, file), ...program.emit(file).diagnostics]);
  return [...new Set([...found, ...program.getGlobalDiagnostics()])].map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName.replace(`${folder}/`, '')}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

export interface Outcome {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A compiled program while it runs. The ports that it names are replaced by free ones. */
export class RunningProgram {
  readonly #child: ChildProcess;
  readonly #outcome: Promise<Outcome>;
  readonly #listening: Promise<AddressInfo>;

  constructor(folder: string, name: string) {
    this.#child = spawn(process.execPath, ['--import', PRELOAD, `${name}.js`], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      timeout: EXAMPLE_TIMEOUT,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => void (output.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => void (output.stderr += text));
    this.#outcome = new Promise((resolve) => {
      this.#child.on('close', (exitCode, signal) => resolve({ exitCode, signal, ...output }));
    });
    this.#listening = new Promise((resolve) => this.#child.on('message', (address) => resolve(address as AddressInfo)));
  }

  /** Settles when it has ended, by itself or not; after 15 seconds it is killed. */
  ended(): Promise<Outcome> {
    return this.#outcome;
  }

  /** Settles with the address of the first server of it that listens. @throws Error if it ends before. */
  listening(): Promise<AddressInfo> {
    const early = this.#outcome.then(({ stderr }) => {
      throw new Error(`it ended before it listened: ${stderr}`);
    });
    return Promise.race([this.#listening, early]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
