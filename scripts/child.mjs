// Runs one command and stays its only master: the child gets a process group of its own, so that a signal reaches it
// through here alone. (A terminal signals its whole foreground group, npm passes the signal on once more, and a plain
// `kill` reaches npm only: without this one key press arrives never, once or three times.)
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
/** The same key press comes again through npm within this many milliseconds. */
const SAME_PRESS = 100;

/**
 * @typedef {object} ChildOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [ipc] A channel whose end tells the child that this process is gone.
 * @property {boolean} [shell]
 * @property {(press: number, signal: NodeJS.Signals) => NodeJS.Signals} onPress What the child gets for the nth press.
 */

/**
 * Settles with the exit code when the child has ended: its own, or 128 + n where a signal ended it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {ChildOptions} options
 * @returns {Promise<number>}
 */
export function runChild(command, args, { cwd, env = process.env, ipc = false, shell = false, onPress }) {
  // Windows has no process groups, and its console tells every process of a press by itself.
  const detached = process.platform !== 'win32';
  const stdio = ipc ? /** @type {const} */ (['inherit', 'inherit', 'inherit', 'ipc']) : 'inherit';
  const child = spawn(command, args, { cwd, env, shell, detached, stdio: /** @type {any} */ (stdio) });

  const press = countPresses();
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    const count = press(performance.now());
    if (count > 0 && detached) signalGroup(child.pid, onPress(count, signal));
  };
  for (const signal of SIGNALS) process.on(signal, forward);

  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, forward);
  });
}

/**
 * Tells for each signal, by when it came, which press it is: 1, 2…, or 0 where it is the last one over again.
 *
 * @returns {(now: number) => number}
 */
export function countPresses() {
  let presses = 0;
  let lastAt = -Infinity;
  return (now) => {
    const isSame = now - lastAt < SAME_PRESS;
    lastAt = now;
    return isSame ? 0 : ++presses;
  };
}

/**
 * @param {number | undefined} pid
 * @param {NodeJS.Signals} signal
 */
function signalGroup(pid, signal) {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: it ended between the press and this line.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
