// Runs shell lines with the pinned pnpm and the workspace's own commands (turbo…) on the PATH. pnpm comes by `npm exec`,
// at the version that package.json names; after the first time this works without a network.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runChild } from './child.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

const windows = process.platform === 'win32';

/**
 * Runs the lines in order until one fails, and gives its exit code. A signal ends them at once with 128 + n.
 *
 * @param {readonly string[]} lines
 * @returns {Promise<number>}
 */
export async function runWithPnpm(lines) {
  const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const pnpm = packageManager.split('+')[0]; // a hash may follow, for corepack
  // --yes: a user's npmrc may say no. --prefer-offline: else npm asks the registry even about an exact cached version.
  const args = ['exec', '--yes', '--prefer-offline', `--package=${pnpm}`, '-c', lines.join(' && ')];

  let pressed = 0;
  const exitCode = await runNpm(args, (press, signal) => {
    pressed = constants.signals[signal];
    return press === 1 ? signal : 'SIGKILL';
  });
  return pressed > 0 ? 128 + pressed : exitCode;
}

/**
 * @param {string[]} args
 * @param {import('./child.mjs').ChildOptions['onPress']} onPress
 */
function runNpm(args, onPress) {
  const options = { cwd: root, env: environment(), onPress };
  const cli = process.env.npm_execpath;
  if (cli?.endsWith('npm-cli.js')) return runChild(process.execPath, [cli, ...args], options);
  return runChild('npm', windows ? args.map(quote) : args, { ...options, shell: windows });
}

function environment() {
  const environment = { ...process.env };
  // Left by an outer `npx -c`, they would become options of the inner one.
  delete environment.npm_config_call;
  delete environment.npm_config_package;
  return {
    ...environment,
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    npm_config_update_notifier: 'false',
    npm_config_progress: 'false',
  };
}

/**
 * One argument for the shell that runs the lines.
 *
 * @param {string} argument
 */
export function quote(argument) {
  return windows ? `"${argument}"` : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** Installs what the lockfile says, from the store where it can. */
export const INSTALL = 'pnpm install --frozen-lockfile --prefer-offline';
