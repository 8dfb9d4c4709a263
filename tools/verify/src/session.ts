// One run: peers in, one line for each check and a closing count out. A program that is missing, a check that takes too
// long, and anything left open at the end are failures. It starts nothing itself.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Skip, type Check, type Peer } from './check.js';
import { Scope } from './scope.js';

export interface SessionOptions {
  readonly print: (line: string) => void;
  /** Far above what a check takes, in milliseconds: one that needs more hangs. */
  readonly deadline?: number;
}

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Gives the exit code: 0 where nothing failed. The last line printed is `N passed, N failed`, and `, N skipped` if any. */
export async function run(peers: readonly Peer[], { print, deadline = 20_000 }: SessionOptions): Promise<0 | 1> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const tell = async (check: Check): Promise<void> => print(await judge(check, deadline, tally));

  for (const peer of peers) {
    const missing = Object.entries(peer.needs).filter(([program]) => !isInstalled(program));
    for (const [program, debianPackage] of missing) {
      await tell({
        title: `${peer.name}: ${program} is installed`,
        run: () => Promise.reject(new Error(`not on the PATH; on Debian: apt-get install ${debianPackage}`)),
      });
    }
    if (missing.length === 0) await verify(peer, print, tell);
  }

  const { passed, failed, skipped } = tally;
  if (passed + failed === 0) tally.failed++;
  print(`${passed} passed, ${tally.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return tally.failed > 0 ? 1 : 0;
}

async function verify(peer: Peer, print: (line: string) => void, tell: (check: Check) => Promise<void>): Promise<void> {
  print(`# ${peer.name}: ${versionOf(peer)}`);
  const before = openNow();
  const shared = new Scope();
  let checks: readonly Check[] = [];
  try {
    checks = await peer.prepare(shared);
  } catch (error) {
    await tell({ title: `${peer.name} can be prepared`, run: () => Promise.reject(error) });
  }
  for (const check of checks) await tell(check);
  await tell({
    title: 'nothing is left open: no socket, no process, no timer',
    run: async () => {
      await shared.close();
      const left = await leftOpen(before);
      if (left.length > 0) throw new Error(`still open: ${left.join(', ')}`);
      return 'nothing';
    },
  });
}

async function judge(check: Check, deadline: number, tally: Tally): Promise<string> {
  const scope = new Scope();
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${deadline} ms`)), deadline);
  });
  try {
    let seen: string;
    try {
      seen = await Promise.race([check.run(scope), late]);
    } finally {
      await Promise.race([scope.close(), late]);
    }
    tally.passed++;
    return `ok      ${check.title}: ${seen} (${Math.round(performance.now() - startedAt)} ms)`;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof Skip) {
      tally.skipped++;
      return `skipped ${check.title}: ${reason}`;
    }
    tally.failed++;
    return `not ok  ${check.title}: ${reason.replaceAll('\n', '\n        ')}`;
  } finally {
    clearTimeout(timer);
  }
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function versionOf({ version: [command, ...args] }: Peer): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return (stdout || stderr || 'of unknown version').split('\n', 1)[0] ?? '';
}

/** What keeps the process alive, besides the judge's own timer and the pipes it was started with. */
function openNow(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout').sort();
}

/** What is open now and was not before. Handles close a turn or two after their `'close'` was told. */
async function leftOpen(before: readonly string[]): Promise<string[]> {
  let left: string[] = [];
  for (let turn = 0; turn < 20; turn++) {
    left = openNow();
    for (const kind of before) if (left.includes(kind)) left.splice(left.indexOf(kind), 1);
    if (left.length === 0) break;
    await new Promise(setImmediate);
  }
  return left;
}
