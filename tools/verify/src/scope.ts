// What one check opens and must close again: sockets, servers, processes, folders. In go closers, which run once, the
// last first, whether the check passed, failed or ran out of time. It decides nothing about the check itself.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Scope {
  readonly #closers: (() => unknown)[] = [];
  #isClosed = false;

  /** `close` runs at the end of the scope; at once where that is over, as for a check that ran out of time. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
    if (this.#isClosed) this.close().catch(() => {});
  }

  /** A folder of this scope alone, gone with it. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'verify-'));
    this.defer(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Runs every closer, also those behind one that fails. @throws what the first of them threw. */
  async close(): Promise<void> {
    this.#isClosed = true;
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
