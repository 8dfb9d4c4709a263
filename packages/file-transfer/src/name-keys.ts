// Which names are taken by another spelling, as a file system that ignores case, or the form of accents, would have it. Read
// from the folder when it has changed, at most once a second; what this process publishes is known at once.
import { join } from 'node:path';
import { collisionKey } from './file-name.js';
import type { FileSystem } from './file-system.js';

const MIN_AGE = 1000;
/** In a larger folder names are compared as they are written. */
const MAX_NAMES = 100_000;

export class NameKeys {
  readonly #calls: FileSystem;
  readonly #folder: string;
  #names = new Map<string, string>();
  #mtimeMs = -1;
  #readAt = -Infinity;

  constructor(calls: FileSystem, folder: string) {
    this.#calls = calls;
    this.#folder = folder;
  }

  add(name: string): void {
    if (this.#names.size < MAX_NAMES) this.#names.set(collisionKey(name), name);
  }

  /** The file whose name is another spelling of this one, if there is one. */
  async findOther(name: string): Promise<string | undefined> {
    await this.#refresh();
    const other = this.#names.get(collisionKey(name));
    if (other === undefined || other === name) return undefined;
    const facts = await this.#calls.lstat(join(this.#folder, other)).catch(() => undefined);
    return facts === undefined ? undefined : other;
  }

  async #refresh(): Promise<void> {
    const now = performance.now();
    if (now - this.#readAt < MIN_AGE) return;
    this.#readAt = now;
    const { mtimeMs } = await this.#calls.lstat(this.#folder);
    if (mtimeMs === this.#mtimeMs) return;
    const names = await this.#calls.readdir(this.#folder);
    this.#mtimeMs = mtimeMs;
    const keys = new Map<string, string>();
    if (names.length <= MAX_NAMES) for (const one of names) keys.set(collisionKey(one), one);
    this.#names = keys;
  }
}
