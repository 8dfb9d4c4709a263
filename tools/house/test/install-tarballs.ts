// Before all test files: packs every package and installs the tarballs in an empty folder, once.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { installTarballs, packPackages } from '../src/consumer.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder in which the packed packages are installed. */
    consumer: string;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'packed-')));
  mkdirSync(join(folder, 'tarballs'));
  await installTarballs(join(folder, 'consumer'), await packPackages(join(folder, 'tarballs')));
  project.provide('consumer', join(folder, 'consumer'));
  return () => rmSync(folder, { recursive: true });
}
