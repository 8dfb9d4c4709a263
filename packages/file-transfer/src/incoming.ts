// The private folder of what has not arrived yet: `.incoming/<32 random hex>.part`, and beside it a `.json` that says whose it
// is, where it can be resumed. Names of peers never become paths here. It removes what is named like its own, and nothing else.
import { createHash, randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CREATE_FLAGS, readFully, REOPEN_FLAGS, systemCode, writeFully } from './disk.js';
import { wireError } from './errors.js';
import type { FileSystem, OpenFile } from './file-system.js';

const OURS = /^([0-9a-f]{32})\.(?:part|json)$/;
const MAX_NOTE_BYTES = 4096;
const FOLDER_MODE = 0o700;
/** Notes that are remembered. Past that, uploads are as good as any other, but cannot be resumed. */
const MAX_NOTES = 10_000;

/** Which upload a part belongs to. */
export interface PartIdentity {
  readonly transferId: string;
  readonly filename: string;
  readonly fileSize: number;
  readonly chunkSize: number;
}

/** A part that is open. */
export interface Part {
  readonly stem: string;
  readonly path: string;
  readonly file: OpenFile;
  /** Bytes in it: whole chunks. */
  readonly position: number;
  /** It has a note and can be found again. */
  readonly isResumable: boolean;
}

interface Note {
  readonly key: string;
  readonly filename: string;
  readonly fileSize: number;
  readonly chunkSize: number;
}

export class Incoming {
  readonly #calls: FileSystem;
  readonly #folder: string;
  readonly #partialTtl: number;
  readonly #fileMode: number;
  /** Notes by the hash of the transfer's id, each with the stem of its files. */
  readonly #notes = new Map<string, Note & { stem: string }>();
  /** Stems of parts that are open: the sweep leaves them alone. */
  readonly #open = new Set<string>();
  /** Bytes of each part that waits, by its stem. */
  readonly #kept = new Map<string, number>();
  #loaded: Promise<void> | undefined;

  constructor(calls: FileSystem, uploadDir: string, { partialTtl, fileMode }: { partialTtl: number; fileMode: number }) {
    this.#calls = calls;
    this.#folder = join(uploadDir, '.incoming');
    this.#partialTtl = partialTtl;
    this.#fileMode = fileMode;
  }

  /** Makes the folder and reads the notes, the first time. */
  load(): Promise<void> {
    this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  /** A new part, with a note where it shall be found again. */
  async create(identity: PartIdentity, isResumable: boolean): Promise<Part> {
    const stem = randomBytes(16).toString('hex');
    const path = this.#path(stem, 'part');
    this.#open.add(stem);
    try {
      const file = await this.#calls.open(path, CREATE_FLAGS, this.#fileMode);
      const hasNote = isResumable && this.#notes.size < MAX_NOTES;
      if (hasNote) await this.#writeNote(stem, identity).catch(async (error: unknown) => this.#failCreate(stem, file, error));
      return { stem, path, file, position: 0, isResumable: hasNote };
    } catch (error) {
      this.#open.delete(stem);
      throw error;
    }
  }

  /** The part of an upload that broke off, if it is here. @throws {FileTransferError} `resume_mismatch`, `expired` */
  async find(identity: PartIdentity): Promise<Part | undefined> {
    const { transferId, filename, fileSize, chunkSize } = identity;
    const note = this.#notes.get(keyOf(transferId));
    if (note === undefined || this.#open.has(note.stem)) return undefined;
    if (note.filename !== filename || note.fileSize !== fileSize || note.chunkSize !== chunkSize) {
      throw wireError('resume_mismatch', 'that transfer has another name, size or chunk size', { transferId });
    }
    const { stem } = note;
    const path = this.#path(stem, 'part');
    this.#open.add(stem);
    try {
      const file = await this.#calls.open(path, REOPEN_FLAGS);
      const position = await this.#positionOf(file, note).catch(async (error: unknown) => {
        await file.close().catch(() => {});
        throw error;
      });
      if (position !== undefined) return { stem, path, file, position, isResumable: true };
      await file.close();
      await this.remove(stem);
      throw wireError('expired', 'that transfer is too old to be resumed', { transferId });
    } catch (error) {
      this.#open.delete(stem);
      if (systemCode(error) !== 'ENOENT') throw error;
      await this.remove(stem);
      return undefined;
    }
  }

  /** Removes what there is of a transfer that is not open. */
  async forget(transferId: string): Promise<void> {
    const note = this.#notes.get(keyOf(transferId));
    if (note !== undefined && !this.#open.has(note.stem)) await this.remove(note.stem);
  }

  /** Takes the private folder away, where nothing is in it. */
  async removeIfEmpty(): Promise<void> {
    if (this.#open.size > 0) return;
    this.#loaded = undefined;
    await this.#calls.rmdir(this.#folder).catch(() => {});
  }

  /** It is closed, and stays for another time. */
  async keep({ stem, path }: Part): Promise<void> {
    const facts = await this.#calls.lstat(path).catch(() => undefined);
    if (facts !== undefined) this.#kept.set(stem, facts.size);
    this.#open.delete(stem);
  }

  /** Bytes of all parts that wait, but for that of this transfer. */
  keptBytes(transferId: string): number {
    const own = this.#notes.get(keyOf(transferId))?.stem;
    let sum = 0;
    for (const [stem, bytes] of this.#kept) if (stem !== own && !this.#open.has(stem)) sum += bytes;
    return sum;
  }

  /**
   * Removes a part that is closed, and its note. A part that has its name is only taken off here. Never rejects: what cannot be
   * taken off is left to the sweep.
   */
  async remove(stem: string, hasNote = true): Promise<void> {
    if (hasNote) this.#forgetNote(stem);
    this.#kept.delete(stem);
    await this.#calls.unlink(this.#path(stem, 'part')).catch(() => {});
    if (hasNote) await this.#calls.unlink(this.#path(stem, 'json')).catch(() => {});
    this.#open.delete(stem);
  }

  /** Removes parts older than `partialTtl`, and notes without a part. How many files went. */
  async sweep(): Promise<number> {
    await this.load();
    let removed = 0;
    const names = await this.#calls.readdir(this.#folder);
    for (const stem of stemsOf(names)) {
      if (this.#open.has(stem)) continue;
      const facts = await this.#calls.lstat(this.#path(stem, 'part')).catch(() => undefined);
      if (this.#open.has(stem)) continue;
      // Two names: it was published, and the process ended before the first one was taken off.
      const isGone = facts === undefined || facts.nlink > 1 || Date.now() - facts.mtimeMs > this.#partialTtl;
      if (!isGone) continue;
      removed += names.filter((name) => name.startsWith(stem)).length;
      await this.remove(stem);
    }
    return removed;
  }

  #forgetNote(stem: string): void {
    for (const [key, note] of this.#notes) {
      if (note.stem !== stem) continue;
      this.#notes.delete(key);
      break;
    }
  }

  #path(stem: string, extension: 'part' | 'json'): string {
    return join(this.#folder, `${stem}.${extension}`);
  }

  async #load(): Promise<void> {
    await this.#calls.mkdir(dirname(this.#folder), { recursive: true });
    await this.#calls.mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    for (const stem of stemsOf(await this.#calls.readdir(this.#folder))) {
      const facts = await this.#calls.lstat(this.#path(stem, 'part')).catch(() => undefined);
      if (facts === undefined || facts.nlink > 1) {
        await this.remove(stem);
        continue;
      }
      this.#kept.set(stem, facts.size);
      const note = await this.#readNote(stem);
      if (note !== undefined && this.#notes.size < MAX_NOTES) this.#notes.set(note.key, { ...note, stem });
    }
  }

  async #writeNote(stem: string, { transferId, filename, fileSize, chunkSize }: PartIdentity): Promise<void> {
    const note: Note = { key: keyOf(transferId), filename, fileSize, chunkSize };
    const bytes = Buffer.from(JSON.stringify(note));
    const file = await this.#calls.open(this.#path(stem, 'json'), CREATE_FLAGS, 0o600);
    try {
      await writeFully(file, [bytes], 0);
    } finally {
      await file.close();
    }
    this.#notes.set(note.key, { ...note, stem });
  }

  async #failCreate(stem: string, file: OpenFile, error: unknown): Promise<never> {
    await file.close().catch(() => {});
    await this.remove(stem);
    throw error;
  }

  async #readNote(stem: string): Promise<Note | undefined> {
    try {
      const file = await this.#calls.open(this.#path(stem, 'json'), REOPEN_FLAGS);
      try {
        const buffer = Buffer.alloc(MAX_NOTE_BYTES);
        const length = await readFully(file, buffer, 0, MAX_NOTE_BYTES, 0);
        const note = JSON.parse(buffer.toString('utf8', 0, length)) as Partial<Note>;
        const isWhole = [note.key, note.filename].every((text) => typeof text === 'string') && Number.isSafeInteger(note.fileSize);
        return isWhole && Number.isSafeInteger(note.chunkSize) ? (note as Note) : undefined;
      } finally {
        await file.close();
      }
    } catch {
      return undefined; // torn by a crash: its part cannot be resumed, and goes when it is old
    }
  }

  /** Whole chunks in the part, to which it is cut; `undefined` where it is none of ours any more, or too old. */
  async #positionOf(file: OpenFile, { fileSize, chunkSize }: Note): Promise<number | undefined> {
    const facts = await file.stat();
    if (!facts.isFile() || facts.nlink > 1 || Date.now() - facts.mtimeMs > this.#partialTtl) return undefined;
    const position = facts.size >= fileSize ? fileSize : Math.floor(facts.size / chunkSize) * chunkSize;
    if (position !== facts.size) await file.truncate(position);
    return position;
  }
}

/** Ids are secrets; their hashes may lie on the disk. */
function keyOf(transferId: string): string {
  return createHash('sha256').update(transferId).digest('hex');
}

function stemsOf(names: readonly string[]): Set<string> {
  return new Set(names.flatMap((name) => OURS.exec(name)?.[1] ?? []));
}
