// The folder in which files show: what is in it, and how a finished part gets its name, in one step and never over another
// file that nobody wanted replaced. Names have passed the check before they come here.
import { join } from 'node:path';
import { READ_FLAGS, systemCode } from './disk.js';
import { wireError, type FileTransferError } from './errors.js';
import type { FileEntry } from './events.js';
import { findBadFilename, numberedName } from './file-name.js';
import type { FileFacts, FileSystem, OpenFile } from './file-system.js';
import { FolderSync } from './folder-sync.js';
import { NameKeys } from './name-keys.js';

const MAX_NUMBER = 1000;
const CANNOT_LINK: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

export type OnConflict = 'reject' | 'rename' | 'replace';

/** A file that is open for reading. */
export interface ReadableFile {
  readonly file: OpenFile;
  readonly size: number;
  readonly mtime: number;
  /** Another one wherever the file has been exchanged or changed. */
  readonly etag: string;
}

export class Folder {
  readonly path: string;
  readonly #calls: FileSystem;
  readonly #keys: NameKeys;
  readonly #sync: FolderSync;
  /** One publishes at a time: between the look for other spellings and the link nobody else may come. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(calls: FileSystem, path: string) {
    this.#calls = calls;
    this.path = path;
    this.#keys = new NameKeys(calls, path);
    this.#sync = new FolderSync(calls, path);
  }

  /** @throws {FileTransferError} `file_exists`, where that can be told before a byte has come. */
  async checkFree(filename: string, onConflict: OnConflict): Promise<void> {
    if (onConflict === 'rename') return;
    await this.#checkTaken(filename, onConflict);
  }

  /** Gives a part its name; its other one is left for whom it is of. The name it got. @throws {FileTransferError} `file_exists` */
  async publish(partPath: string, filename: string, { onConflict, isSynced }: { onConflict: OnConflict; isSynced: boolean }): Promise<string> {
    const linked = this.#turn.then(() => this.#link(partPath, filename, onConflict));
    this.#turn = linked.catch(() => {});
    const name = await linked;
    if (isSynced) await this.#sync.run();
    return name;
  }

  /** @throws {FileTransferError} `not_found`, for whatever is no plain file with one name; it never tells which. */
  async open(filename: string): Promise<ReadableFile> {
    const notFound = wireError('not_found', 'no such file');
    let file: OpenFile;
    try {
      file = await this.#calls.open(join(this.path, filename), READ_FLAGS);
    } catch (error) {
      if (systemCode(error) === 'EMFILE' || systemCode(error) === 'ENFILE') throw error;
      throw notFound;
    }
    try {
      const facts = await file.stat();
      if (!facts.isFile() || facts.nlink > 1) throw notFound;
      return { file, size: facts.size, mtime: facts.mtimeMs, etag: etagOf(facts) };
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  /** Files behind `cursor`, in the order of their code units, and the cursor for the next ones. */
  async list(cursor: string | undefined, limit: number, allowDotfiles: boolean): Promise<{ files: FileEntry[]; cursor: string | undefined }> {
    // A folder that is not there yet has no files in it.
    const all = await this.#calls.readdir(this.path).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    });
    const names = all
      .filter((name) => (cursor === undefined || name > cursor) && findBadFilename(name, allowDotfiles) === undefined)
      .sort((one, other) => (one < other ? -1 : 1));
    const files: FileEntry[] = [];
    for (const name of names) {
      if (files.length === limit) return { files, cursor: files.at(-1)?.name };
      const facts = await this.#calls.lstat(join(this.path, name)).catch(() => undefined);
      if (facts?.isFile() && facts.nlink === 1) files.push({ name, size: facts.size, mtime: Math.trunc(facts.mtimeMs) });
    }
    return { files, cursor: undefined };
  }

  async #link(partPath: string, filename: string, onConflict: OnConflict): Promise<string> {
    if (onConflict === 'replace') {
      await this.#checkTaken(filename, onConflict);
      await this.#calls.rename(partPath, join(this.path, filename)).catch((error: unknown) => {
        throw ['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '') ? exists(filename) : error;
      });
      this.#keys.add(filename);
      return filename;
    }
    for (let number = 0; number <= (onConflict === 'rename' ? MAX_NUMBER : 0); number++) {
      const name = number === 0 ? filename : numberedName(filename, number);
      const other = await this.#keys.findOther(name);
      if (other !== undefined && onConflict === 'reject') throw exists(filename, other);
      if (other !== undefined || !(await this.#linkAs(partPath, name))) continue;
      this.#keys.add(name);
      return name;
    }
    throw exists(filename);
  }

  /** `false`: the name is taken. */
  async #linkAs(partPath: string, name: string): Promise<boolean> {
    const path = join(this.path, name);
    try {
      await this.#calls.link(partPath, path);
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      if (!CANNOT_LINK.has(systemCode(error))) throw error;
    }
    // A file system without links: an empty file holds the place, for a moment, and is then exchanged.
    try {
      await (await this.#calls.open(path, 'wx', 0o600)).close();
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    }
    await this.#calls.rename(partPath, path);
    return true;
  }

  async #checkTaken(filename: string, onConflict: OnConflict): Promise<void> {
    const other = await this.#keys.findOther(filename);
    if (other !== undefined) throw exists(filename, other);
    const facts = await this.#calls.lstat(join(this.path, filename)).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (facts !== undefined && (onConflict !== 'replace' || facts.isDirectory())) throw exists(filename);
  }
}

export function etagOf({ ino, size, mtimeMs }: FileFacts): string {
  return `${ino.toString(36)}-${size.toString(36)}-${mtimeMs.toString(36)}`;
}

function exists(filename: string, other?: string): FileTransferError {
  const text = other === undefined ? '' : ', in another spelling';
  return wireError('file_exists', `there is a file of that name${text}: ${JSON.stringify(other ?? filename)}`);
}
