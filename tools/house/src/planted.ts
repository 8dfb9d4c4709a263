// A copy of the packages in a temporary folder, in which a test may plant files that break a rule, and what the two
// linters say of it. The copy has the real configuration, sources and manifests, and links to the installed modules.
import { execFile } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './workspace.js';

const run = promisify(execFile);
const CONFIGURATION = ['.oxlintrc.json', '.dependency-cruiser.mjs', 'tsconfig.base.json', 'tsup.base.ts', 'vitest.base.ts', 'programs.base.ts'];
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const LEFT_OUT = /\/(dist|reports|\.turbo)$/;

export interface Finding {
  rule: string;
  file: string;
  /** What the reader is told to do. */
  message: string;
}

export interface PlantedFile {
  path: string;
  /** Added to the file's end where there is such a file. */
  text: string;
}

interface CruiseReport {
  summary: {
    violations: { from: string; rule: { name: string } }[];
    ruleSetUsed: { forbidden: { name: string; comment: string }[] };
  };
}

interface LintReport {
  diagnostics: { code: string; filename: string; message: string; help?: string }[];
}

export class PlantedTree implements Disposable {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'planted-')));
  readonly #planted: readonly string[];

  constructor(files: readonly PlantedFile[]) {
    for (const path of [...CONFIGURATION, 'packages', 'apps', 'tools/house/src']) {
      const options = { recursive: true, verbatimSymlinks: true, filter: (from: string) => !LEFT_OUT.test(from) };
      cpSync(join(root, path), join(this.#folder, path), options);
    }
    this.#planted = files.map(({ path }) => path);
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'));
    for (const { path, text } of files) {
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
      appendFileSync(join(this.#folder, path), text);
    }
  }

  /** What dependency-cruiser finds in the packages and apps of the copy. */
  async cruise(): Promise<Finding[]> {
    const output = await this.#run(join(root, 'tools/house/node_modules/.bin/depcruise'), [
      '--config=.dependency-cruiser.mjs',
      '--output-type=json',
      'packages',
      'apps',
    ]);
    const { violations, ruleSetUsed } = (JSON.parse(output) as CruiseReport).summary;
    const comments = new Map(ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment]));
    return violations.map(({ from, rule: { name } }) => ({ rule: name, file: from, message: comments.get(name) ?? '' }));
  }

  /** What oxlint finds in the planted files; it looks at each file by itself. */
  async lint(): Promise<Finding[]> {
    const output = await this.#run(join(root, 'node_modules/.bin/oxlint'), [
      '--type-aware',
      '--format=json',
      ...this.#planted,
    ]);
    const { diagnostics } = JSON.parse(output) as LintReport;
    return diagnostics.map(({ code, filename, message, help }) => ({ rule: code, file: filename, message: `${message} ${help}` }));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  async #run(command: string, args: string[]): Promise<string> {
    try {
      return (await run(command, args, { cwd: this.#folder, maxBuffer: MAX_OUTPUT_BYTES })).stdout;
    } catch (error) {
      // Both linters end with an error where they found something, and tell it all the same.
      const { stdout } = error as { stdout?: string };
      if (stdout?.startsWith('{')) return stdout;
      throw error;
    }
  }
}
