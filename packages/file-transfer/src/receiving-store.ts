// Where files that arrive are kept, with one policy: parts and the folder together, free space, what is forced to the disk. One
// for a server, one for each destination of a client.
import { readFully } from './disk.js';
import { wireError } from './errors.js';
import { Folder, type OnConflict } from './folder.js';
import type { FileSystem } from './file-system.js';
import { Incoming, type Part, type PartIdentity } from './incoming.js';
import { hashOf } from './running-hash.js';

export interface StorePolicy {
  readonly onConflict: OnConflict;
  readonly fsync: 'publish' | 'never' | number;
  readonly partialTtl: number;
  readonly minFreeBytes: number;
  readonly fileMode: number;
}

export class ReceivingStore {
  readonly folder: Folder;
  readonly incoming: Incoming;
  readonly #calls: FileSystem;
  readonly #policy: StorePolicy;
  /** Bytes promised to uploads and not written yet. */
  readonly #promisedBytes: () => number;

  constructor(calls: FileSystem, path: string, policy: StorePolicy, promisedBytes: () => number = () => 0) {
    this.#calls = calls;
    this.#policy = policy;
    this.#promisedBytes = promisedBytes;
    this.folder = new Folder(calls, path);
    this.incoming = new Incoming(calls, path, policy);
  }

  get isSynced(): boolean {
    return this.#policy.fsync !== 'never';
  }

  get syncEveryBytes(): number {
    return typeof this.#policy.fsync === 'number' ? this.#policy.fsync : Infinity;
  }

  expiresAt(): number | undefined {
    return this.#policy.partialTtl === Infinity ? undefined : Date.now() + this.#policy.partialTtl;
  }

  /** A part to write to, which a name that is free waits for. @throws {FileTransferError} */
  async open(identity: PartIdentity, isResumable: boolean, filename: string = identity.filename): Promise<Part> {
    await this.incoming.load();
    await this.folder.checkFree(filename, this.#policy.onConflict);
    const found = isResumable ? await this.incoming.find(identity) : undefined;
    if (found !== undefined) return found;
    await this.checkFree(identity.fileSize);
    return this.incoming.create(identity, isResumable);
  }

  /** @throws {FileTransferError} `disk_full`, where `bytes` more would leave less than has to stay free. */
  async checkFree(bytes: number): Promise<void> {
    const { minFreeBytes } = this.#policy;
    if (minFreeBytes === 0) return;
    const { bavail, bsize } = await this.#calls.statfs(this.folder.path);
    if (bavail * bsize - bytes - this.#promisedBytes() < minFreeBytes) throw wireError('disk_full', 'too little space is free');
  }

  async publish(part: Part, filename: string): Promise<string> {
    const name = await this.folder.publish(part.path, filename, { onConflict: this.#policy.onConflict, isSynced: this.isSynced });
    await this.incoming.remove(part.stem, part.isResumable);
    return name;
  }

  /** A part that is closed: kept where it can be found again. */
  async release(part: Part, isKept: boolean): Promise<void> {
    if (isKept && part.isResumable) await this.incoming.keep(part);
    else await this.incoming.remove(part.stem, part.isResumable);
  }

  /** Whether the very file is here already: an upload whose last answer was lost. */
  async holds(filename: string, fileSize: number, sha256: string): Promise<boolean> {
    const found = await this.folder.open(filename).catch(() => undefined);
    if (found === undefined) return false;
    try {
      if (found.size !== fileSize) return false;
      return (await hashOf((buffer, length, position) => readFully(found.file, buffer, 0, length, position), fileSize)) === sha256;
    } finally {
      await found.file.close().catch(() => {});
    }
  }
}
