// As everywhere, with the programs that tests start built once before. What other tests left to real timers a test with a
// fake clock would take for its own, and their sockets one that asks for all of the process: each such file has its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.base.ts';

const folder = join(import.meta.dirname, 'test');
const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
const isAlone = (name: string): boolean => /useFakeTimers|getActiveResourcesInfo/.test(readFileSync(join(folder, name), 'utf8'));
const only = (isWanted: (name: string) => boolean): string[] => files.filter((name) => !isWanted(name)).map((name) => `test/${name}`);

export default mergeConfig(
  base,
  defineConfig({
    test: {
      globalSetup: ['test/build-fixtures.ts'],
      projects: [
        { extends: '../../vitest.base.ts', test: { name: 'one process', exclude: only((name) => !isAlone(name)) } },
        { extends: '../../vitest.base.ts', test: { name: 'alone', exclude: only(isAlone), isolate: true } },
      ],
    },
  }),
);
