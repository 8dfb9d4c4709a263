// As everywhere, and the programs that tests start are built once before.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base.ts';

export default mergeConfig(base, { test: { globalSetup: ['test/build-fixtures.ts'] } });
