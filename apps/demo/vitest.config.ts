// As everywhere, with the programs of the demo built once before; but each file has a process of its own: signals, terminals
// and exit codes are the process's own.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base.ts';

export default mergeConfig(base, { test: { isolate: true, globalSetup: ['test/build-programs.ts'] } });
