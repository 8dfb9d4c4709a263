// Forces a folder to the disk, so that a name in it outlives a power cut. Whoever asks while one run is under way shares the
// next one: a thousand small files do not cost a thousand runs.
import { systemCode } from './disk.js';
import type { FileSystem } from './file-system.js';

/** Systems on which a folder cannot be opened or forced: there is nothing to do there. */
const CANNOT_SYNC: ReadonlySet<string | undefined> = new Set(['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP']);

export class FolderSync {
  readonly #calls: FileSystem;
  readonly #folder: string;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(calls: FileSystem, folder: string) {
    this.#calls = calls;
    this.#folder = folder;
  }

  /** Settles when everything that was named before this call is on the disk. */
  run(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#start();
    });
    return this.#next;
  }

  #start(): Promise<void> {
    const running = this.#sync();
    this.#running = running;
    const end = (): void => {
      if (this.#running === running) this.#running = undefined;
    };
    running.then(end, end);
    return running;
  }

  async #sync(): Promise<void> {
    try {
      const folder = await this.#calls.open(this.#folder, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    } catch (error) {
      if (!CANNOT_SYNC.has(systemCode(error))) throw error;
    }
  }
}
