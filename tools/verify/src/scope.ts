// What one check opens and must close again: sockets, servers, processes, folders. In go closers, which run once, the
// last first, whether the check passed, failed or ran out of time. It decides nothing about the check itself.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Scope {
  /** Those that have something to close: whoever is interrupted closes them all. */
  static readonly open = new Set<Scope>();
  readonly #closers: (() => unknown)[] = [];

  /** `close` runs at the end of the scope. */
  defer(close: () => unknown): void {
    Scope.open.add(this);
    this.#closers.push(close);
  }

  /** A folder of this scope alone, gone with it. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'verify-'));
    this.defer(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Runs every closer, also those behind one that fails. @throws what the first of them threw. */
  async close(): Promise<void> {
    Scope.open.delete(this);
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
