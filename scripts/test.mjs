// `npm test`: installs; builds, type-checks, lints and tests every package through turbo; then adds up the reports. The
// last line is `N passed, N failed`. Arguments go to turbo: `npm test -- --force`, `npm test -- --filter=@verb-tcp/core`.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALL, quote, root, runWithPnpm } from './pnpm.mjs';
import { readFolders, readTasks, readWorkspaces, summarize } from './summary.mjs';

const TEST = 'turbo run build typecheck lint test --continue --summarize --output-logs=new-only';
/** Arguments that make turbo leave packages out. */
const NARROWS = /^(--filter|-F|--affected)/;

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} The exit code.
 */
export async function run(args) {
  // What is added up must come from this run: turbo puts the reports back that it has in its cache.
  for (const folder of readFolders(root)) rmSync(join(root, folder, 'reports'), { recursive: true, force: true });
  rmSync(join(root, '.turbo', 'runs'), { recursive: true, force: true });

  const exitCode = await runWithPnpm([INSTALL, [TEST, ...args.map(quote)].join(' ')]);
  if (exitCode > 128) return exitCode;

  const tasks = readTasks(root);
  // Those that a filter leaves out may still have been built for the others.
  const asked = new Set(tasks.filter(({ task }) => task === 'test').map((task) => task.package));
  const workspaces = readWorkspaces(root).filter(({ name }) => asked.has(name) || !args.some((arg) => NARROWS.test(arg)));
  const { lines, failed } = summarize(workspaces, tasks, exitCode);
  console.log(['', ...lines].join('\n'));
  return failed > 0 ? 1 : 0;
}
