// As everywhere, with the programs that tests start built once before; but each file has a process of its own: what other
// tests left to real timers, a test with a fake clock would take for its own.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base.ts';

export default mergeConfig(base, { test: { isolate: true, globalSetup: ['test/build-fixtures.ts'] } });
