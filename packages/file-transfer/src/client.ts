// The client: puts files, fetches them, lists them, over one connection, or over as many as it takes where it may dial.
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { basename, dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { ClientConnection, type Connection } from './client-connection.js';
import { ClientDownload, type SharedRequest } from './client-download.js';
import { resolveTCPFileTransferClientOptions, type ResolvedClientOptions, type TCPFileTransferClientOptions } from './client-options.js';
import { ClientTurns } from './client-turns.js';
import { ClientUpload } from './client-upload.js';
import { nodeFileSystem } from './disk.js';
import { asTransferError, handlerFailed, withTransferId, wireError, type FileTransferError } from './errors.js';
import type { DownloadSettings, FileEntry, TCPFileTransferClientEvents, TransferResult, UploadSettings, UploadSource } from './events.js';
import { findBadFilename } from './file-name.js';
import type { FileSystem } from './file-system.js';
import { isSocket } from './is-socket.js';
import { listMessage } from './messages.js';
import { ReceivingStore } from './receiving-store.js';
import { bytesSource, openSource, StreamSource, type Source } from './source.js';
import { checkDownload, checkedUpload } from './transfer-settings.js';

const MAX_ENTRIES = 1_000_000;
const ID_BYTES = 24;

/**
 * Puts and fetches files.
 *
 * @example
 * const client = new TCPFileTransferClient(() => connect(8082));
 * await client.upload('film.mp4');
 * client.close();
 */
export class TCPFileTransferClient extends EventEmitter<TCPFileTransferClientEvents> {
  readonly #options: ResolvedClientOptions;
  readonly #connection: ClientConnection;
  readonly #calls: FileSystem;
  readonly #turns: ClientTurns;
  readonly #underWay = new Set<string>();
  /** One for each folder, so that two downloads into it know of each other. */
  readonly #stores = new Map<string, { store: ReceivingStore; users: number }>();

  /**
   * @param connection A socket, which is the client's from here on; or a function that gives one, called whenever one is needed:
   * only then a lost connection is tried again.
   * @throws RangeError or TypeError for an option that cannot be.
   */
  constructor(connection: Connection, options: TCPFileTransferClientOptions = {}) {
    super();
    if (typeof connection !== 'function' && !isSocket(connection)) throw new TypeError('connection must be a TCPSocket or a function that gives one');
    this.#options = resolveTCPFileTransferClientOptions(options);
    this.#calls = this.#options.fileSystem ?? nodeFileSystem;
    this.#turns = new ClientTurns(this.#options.maxTransfers);
    this.#connection = new ClientConnection(connection, this.#options.stallTimeout);
  }

  /**
   * Sends a file, bytes, or a stream of `size` bytes. Settles when the server has it whole, checked and under its name.
   * @throws {FileTransferError} What the server said, or what went wrong here. TypeError for settings that cannot be.
   */
  async upload(source: UploadSource, settings: UploadSettings = {}): Promise<TransferResult> {
    const { source: from, name } = checkedUpload(source, settings);
    const streamed = from instanceof Readable ? new StreamSource(from, settings.size as number) : undefined;
    return this.#transfer(settings, async (shared) => {
      const opened = streamed ?? (await this.#openSource(from as string | Uint8Array));
      return new ClientUpload(this.#connection, this.#options, { ...shared, source: opened, name, settings }).run();
    });
  }

  /**
   * Fetches a file. It shows at its destination when it is whole and checked, not before; until then it lies in `.incoming` beside it.
   * @param destination A path, or a folder: one that exists, or a path with a separator at its end. Missing folders are made.
   * @throws {FileTransferError} What the server said, or what went wrong here. TypeError for settings that cannot be.
   */
  async download(name: string, destination: string, settings: DownloadSettings = {}): Promise<TransferResult> {
    checkDownload(name, destination, settings);
    return this.#transfer(settings, async (shared) => {
      const isFolder = destination.endsWith('/') || destination.endsWith(sep) || ((await this.#calls.lstat(destination).catch(() => undefined))?.isDirectory() ?? false);
      const reason = findBadFilename(name, true);
      if (isFolder && reason !== undefined) throw wireError('bad_filename', `that name cannot be used: ${reason}`, { reason });
      const path = isFolder ? join(destination, name) : destination;
      const folder = dirname(path);
      const onConflict = settings.onConflict ?? 'reject';
      const key = `${onConflict} ${folder}`;
      const entry = this.#stores.get(key) ?? { store: this.#storeFor(folder, onConflict), users: 0 };
      this.#stores.set(key, entry);
      entry.users++;
      try {
        const request = { ...shared, name, destination: basename(path), store: entry.store, settings };
        return await new ClientDownload(this.#connection, this.#options, request).run();
      } finally {
        if (--entry.users === 0) this.#stores.delete(key);
      }
    });
  }

  /** What the server has, in the order of names. @throws {FileTransferError} `ERR_FILE_NOT_ALLOWED`, `ERR_FILE_CLOSED`… */
  async list(): Promise<FileEntry[]> {
    const all: FileEntry[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#listPage(cursor);
      all.push(...page.files);
      if (page.cursor !== undefined && cursor !== undefined && page.cursor <= cursor) throw wireError('bad_message', 'the list turns in circles');
      if (all.length > MAX_ENTRIES) throw wireError('bad_message', `the list has more than ${MAX_ENTRIES} entries`);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return all;
  }

  /** Ends the connection. Transfers under way fail with `ERR_FILE_CLOSED`, and can be resumed by another client. */
  close(): void {
    this.#connection.close();
    this.#turns.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #warn = (error: FileTransferError): void => {
    try {
      this.emit('warning', error);
    } catch (cause) {
      throw handlerFailed("a listener of 'warning'", cause, error.transferId);
    }
  };

  /** One transfer from the call to its end: its id, its turn, and that every error says which it was. */
  async #transfer(settings: UploadSettings | DownloadSettings, run: (shared: SharedRequest) => Promise<TransferResult>): Promise<TransferResult> {
    const { transferId = newTransferId(), signal } = settings;
    if (this.#underWay.has(transferId)) throw wireError('duplicate_transfer', 'a transfer with this id is under way', { transferId });
    this.#underWay.add(transferId);
    try {
      await this.#turns.take(signal);
      const giveWay = (error: FileTransferError): Promise<boolean> => this.#turns.giveWay(error, signal);
      const warn = (error: FileTransferError): void => this.#warn(withTransferId(error, transferId));
      return await run({ transferId, giveWay, warn }).finally(() => this.#turns.release());
    } catch (error) {
      throw error instanceof TypeError ? error : withTransferId(asTransferError(error, transferId), transferId);
    } finally {
      this.#underWay.delete(transferId);
    }
  }

  async #listPage(cursor: string | undefined): Promise<{ files: FileEntry[]; cursor: string | undefined }> {
    const session = await this.#connection.session();
    const requestId = newTransferId();
    return new Promise((resolve, reject) => {
      this.#connection.wait(requestId, { since: performance.now(), onList: resolve, onError: reject });
      session.send(listMessage(requestId, cursor, undefined));
    });
  }

  async #openSource(source: string | Uint8Array): Promise<Source> {
    if (typeof source !== 'string') return bytesSource(source);
    return openSource(this.#calls, source).catch((error: unknown) => {
      const isAbsent = (error as { code?: string }).code === 'ENOENT';
      throw isAbsent ? wireError('not_found', `no such file: ${source}`, { cause: error }) : asTransferError(error, undefined);
    });
  }

  #storeFor(folder: string, onConflict: 'reject' | 'rename' | 'replace'): ReceivingStore {
    const { partialTtl } = this.#options;
    return new ReceivingStore(this.#calls, folder, { onConflict, fsync: 'publish', partialTtl, minFreeBytes: 0, fileMode: 0o666 });
  }
}

/** Nobody guesses it. */
function newTransferId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}
