// As everywhere, but each file has a process of its own, for clocks and listeners of the process are what some of them
// change; and the programs that they start are built once before.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base.ts';

export default mergeConfig(base, { test: { isolate: true, globalSetup: ['test/build-fixtures.ts'] } });
