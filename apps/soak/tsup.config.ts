// What is put to the test is built JavaScript: the packages from their own dist, this app from here, nothing bundled in.
import { defineConfig, type Options } from 'tsup';

const config: Options | Options[] | ((overrideOptions: Options) => Options | Options[] | Promise<Options | Options[]>) =
  defineConfig({
    entry: {
      'main': 'src/main.ts',
      'worker': 'src/worker.ts',
      'cluster-worker': 'src/cluster-worker.ts',
      // The model of the package's own tests, as a program: it is not imported.
      'mux-model': '../../packages/mux/test/model/main.ts',
    },
    format: ['esm'],
    target: 'node20',
    platform: 'node',
    removeNodeProtocol: false,
    skipNodeModulesBundle: true,
    sourcemap: true,
    clean: true,
    silent: true,
  });

export default config;
