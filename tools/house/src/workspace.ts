// Where things are: the root of the repository, its packages, and the files that a clone would have.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  exports: Record<string, string | { types: string; default: string; 'verb-tcp-source'?: string }>;
  files?: string[];
  scripts: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

export interface Package {
  /** The folder's name below packages/. */
  room: string;
  folder: string;
  manifest: Manifest;
}

/** Every package that is published. */
export const packages: readonly Package[] = readdirSync(join(root, 'packages')).map((room) => {
  const folder = join(root, 'packages', room);
  return { room, folder, manifest: readJson(join(folder, 'package.json')) as Manifest };
});

/** What a line of `.gitignore` names here: never part of a clone. */
const IGNORED = new Set(['.git', '.turbo', 'coverage', 'dist', 'node_modules', 'reports']);

/** Paths of all files that git has or would take, relative to the root; without git, all but what it would ignore. */
export function trackedFiles(): string[] {
  if (existsSync(join(root, '.git'))) {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    const paths = execFileSync('git', ['-c', `safe.directory=${root.replace(/\/$/, '')}`, ...args], { cwd: root, encoding: 'utf8' });
    return paths.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
  }
  return walk('');
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !IGNORED.has(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)]));
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
