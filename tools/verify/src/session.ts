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
  /** Ends the check that runs, as failed, and those that follow. */
  readonly signal?: AbortSignal;
}

/** For closing what a check opened, in milliseconds. */
const CLOSE_DEADLINE = 10_000;

/** Gives the exit code: 0 where nothing failed. The last line printed is `N passed, N failed`, and `, N skipped` if any. */
export async function run(peers: readonly Peer[], options: SessionOptions): Promise<0 | 1> {
  const session = new Session(options);
  for (const peer of peers) await session.verify(peer);
  return session.conclude();
}

class Session {
  readonly #print: (line: string) => void;
  readonly #deadline: number;
  readonly #signal: AbortSignal;
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  constructor({ print, deadline = 20_000, signal = new AbortController().signal }: SessionOptions) {
    this.#print = print;
    this.#deadline = deadline;
    this.#signal = signal;
  }

  async verify(peer: Peer): Promise<void> {
    const missing = Object.entries(peer.needs).filter(([program]) => !isInstalled(program));
    for (const [program, debianPackage] of missing) {
      this.#fail(`${peer.name}: ${program} is installed`, new Error(`not on the PATH; on Debian: apt-get install ${debianPackage}`));
    }
    if (missing.length > 0) return;

    this.#print(`# ${peer.name}: ${versionOf(peer)}`);
    const before = openNow();
    const shared = new Scope();
    let checks: readonly Check[] = [];
    try {
      checks = await this.#inTime(peer.prepare(shared));
    } catch (error) {
      this.#fail(`${peer.name} can be prepared`, error);
    }
    for (const check of checks) if (!this.#signal.aborted) await this.#judge(check);
    await this.#judge({
      title: 'nothing is left open: no socket, no process, no timer',
      run: async () => {
        await shared.close();
        const left = await leftOpen(before);
        if (left.length > 0) throw new Error(`still open: ${left.join(', ')}`);
        return 'nothing';
      },
    });
  }

  conclude(): 0 | 1 {
    if (this.#passed + this.#failed === 0) this.#failed++;
    this.#print(`${this.#passed} passed, ${this.#failed} failed${this.#skipped > 0 ? `, ${this.#skipped} skipped` : ''}`);
    return this.#failed > 0 ? 1 : 0;
  }

  async #judge(check: Check): Promise<void> {
    const { title } = check;
    const scope = new Scope();
    const startedAt = performance.now();
    try {
      let seen: string;
      try {
        seen = await this.#inTime(check.run(scope));
      } finally {
        await settledBy(CLOSE_DEADLINE, scope.close());
      }
      this.#passed++;
      this.#print(`ok      ${title}: ${seen} (${Math.round(performance.now() - startedAt)} ms)`);
    } catch (error) {
      if (error instanceof Skip) {
        this.#skipped++;
        this.#print(`skipped ${title}: ${error.message}`);
      } else {
        this.#fail(title, error);
      }
    }
  }

  #fail(title: string, error: unknown): void {
    this.#failed++;
    const reason = error instanceof Error ? error.message : String(error);
    this.#print(`not ok  ${title}: ${reason.replaceAll('\n', '\n        ')}`);
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    return settledBy(this.#deadline, work, this.#signal);
  }
}

/** Settles as `work` does. @throws where that takes longer than `deadline` milliseconds, or the signal's reason. */
async function settledBy<T>(deadline: number, work: Promise<T>, signal?: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`not done after ${deadline} ms`)), deadline);
    const onAbort = (): void => reject(signal?.reason as Error);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort);
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stop();
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
