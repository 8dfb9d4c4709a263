// One configuration for every package's tests. Dependencies inside the workspace are read from their sources, so the
// inner loop needs no build; what ships is tested from the packed tarballs (tools/house).
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';

const conditions = ['verb-tcp-source', 'node', 'import', 'module', 'default'];

// Why a test was skipped (`context.skip('why')`) or failed: the JSON report leaves out the one and for timeouts the other,
// and the summary of `npm test` prints both.
const reasons: Reporter = {
  onTestCaseResult(test) {
    const result = test.result();
    const reason = result.state === 'skipped' ? result.note : result.errors?.[0]?.message;
    if (reason !== undefined) Object.assign(test.meta(), { reason });
  },
};

// Under turbo several packages are tested at once: there each gets one worker, or two cores would have four to serve.
const underTurbo = process.env['TURBO_HASH'] !== undefined;

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', reasons, 'json'],
    outputFile: { json: 'reports/vitest.json' },
    // For hangs alone: what takes two seconds takes twenty on a machine that does other work.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Half a second of CPU for each file, without: one process runs all files of a package, each with its own test state.
    // A package whose tests change the process itself says `isolate: true` in a vitest.config.ts of its own.
    isolate: false,
    maxWorkers: underTurbo ? 1 : 2,
    execArgv: ['--expose-gc'],
  },
});

export default config;
