// Runs once before the tests: the programs that tests start, ready in one folder.
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildPrograms } from '../../../programs.base.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the built `fixtures/`. */
    fixtures: string;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const { folder, remove } = await buildPrograms(join(import.meta.dirname, '..'), ['test/fixtures/*.ts']);
  project.provide('fixtures', folder);
  return remove;
}
