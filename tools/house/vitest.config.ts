// As every package's tests, but the tarballs are packed and installed once for all test files.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.base.js';

export default mergeConfig(base, { test: { globalSetup: ['test/install-tarballs.ts'] } });
