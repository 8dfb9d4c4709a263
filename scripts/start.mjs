// `npm start`: installs, builds what the demo needs, then is the demo until it ends. Arguments go to the demo:
// `npm start -- --port 9000`.
//
// One press of Ctrl-C lets the demo drain, the second forces it, the third kills it.
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { INSTALL, root, runWithPnpm } from './pnpm.mjs';

const BUILD = 'turbo run build --filter=demo... --output-logs=errors-only';
const PRESSES_THE_DEMO_HANDLES = 2;

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} The exit code.
 */
export async function run(args) {
  const exitCode = await runWithPnpm([INSTALL, BUILD]);
  if (exitCode !== 0) return exitCode;

  // Not through pnpm or npm: each would stand between the demo and a signal, and between its exit code and ours.
  return runChild(process.execPath, [join('apps', 'demo', 'dist', 'main.js'), ...args], {
    cwd: root,
    ipc: true,
    onPress: (press, signal) => (press <= PRESSES_THE_DEMO_HANDLES ? signal : 'SIGKILL'),
  });
}
