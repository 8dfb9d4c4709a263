// As everywhere, and the children's code is built once before.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base.ts';

export default mergeConfig(base, { test: { globalSetup: ['test/build-workers.ts'] } });
