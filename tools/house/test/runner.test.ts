// The door of the repository: what it refuses, and how a key press reaches the program that it runs.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { countPresses } from '../../../scripts/child.mjs';
import { quote } from '../../../scripts/pnpm.mjs';
import { root } from '../src/workspace.js';

const RUN = join(root, 'scripts', 'run.mjs');
const RUNS_A_CHILD = fileURLToPath(new URL('fixtures/runs-a-child.mjs', import.meta.url));
/** What one key press is given to arrive a second time, and a little more. */
const BETWEEN_PRESSES = 150;

/** Whoever is not refused would run on. */
const OUTPUT = { encoding: 'utf8', timeout: 5000 } as const;

describe('the runner refuses in one line', () => {
  it('a task that there is not', () => {
    const { status, stderr } = spawnSync(process.execPath, [RUN, 'strat'], OUTPUT);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'Unknown task "strat"; there are: start, test.\n' });
  });

  it('a Node that is too old', () => {
    const old = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '20.18.3' })";
    const { status, stderr } = spawnSync(process.execPath, ['--import', old, RUN, 'start'], OUTPUT);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'This needs Node 20.19 or newer; this is Node 20.18.3.\n' });
  });
});

it('a signal is one press however often it comes within a tenth of a second', () => {
  const press = countPresses();
  expect([0, 1, 99, 198, 298, 300, 9000].map(press)).toEqual([1, 0, 0, 0, 2, 0, 3]);
});

describe('a signal to the runner', () => {
  let runner: ChildProcess;
  let heard = '';

  async function start(): Promise<void> {
    heard = '';
    runner = spawn(process.execPath, [RUNS_A_CHILD], { stdio: ['ignore', 'pipe', 'inherit'] });
    runner.stdout?.setEncoding('utf8').on('data', (text: string) => void (heard += text));
    await hears('ready');
  }
  async function hears(text: string): Promise<void> {
    while (!heard.includes(text) && runner.stdout) await once(runner.stdout, 'data');
  }
  afterEach(async () => {
    if (runner.exitCode !== null || runner.signalCode !== null) return;
    runner.kill('SIGKILL');
    await once(runner, 'close');
  });

  it('reaches the child at each press, and the exit code comes back', async () => {
    await start();
    runner.kill('SIGINT');
    await hears('SIGINT 1');
    await delay(BETWEEN_PRESSES);
    runner.kill('SIGINT');
    expect(await once(runner, 'close')).toEqual([0, null]);
    expect(heard).toBe('ready\nSIGINT 1\nSIGINT 2\n');
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('is handed on as what it is: %s', async (signal) => {
    await start();
    runner.kill(signal);
    await hears(`${signal} 1`);
    expect(heard).toBe(`ready\n${signal} 1\n`);
  });

  it('that no process can hear still ends the child', async () => {
    await start();
    runner.kill('SIGKILL');
    // The child holds the other end of the pipe, so this comes when the child has ended.
    expect(await once(runner, 'close')).toEqual([null, 'SIGKILL']);
    expect(heard).toBe('ready\nalone\n');
  });
});

it('arguments reach turbo as they were given', (context) => {
  context.skip(process.platform === 'win32', 'there is no sh to ask');
  const argument = `--filter=a b's "$HOME" *`;
  const { stdout } = spawnSync('sh', ['-c', `printf %s ${quote(argument)}`], { encoding: 'utf8' });
  expect(stdout).toBe(argument);
});
