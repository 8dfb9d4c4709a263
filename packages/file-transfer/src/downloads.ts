// Who may fetch and see what: `file_get` and `file_list` come in, a sender or a page of names comes out, or an error with the
// right code.
import { begin, capsOn, checkNew, checkRoom, type TransfersOwner } from './admission.js';
import { checkedGet, checkedList } from './checked-message.js';
import { WINDOW_BYTES } from './client-options.js';
import { asTransferError, FileTransferError, withTransferId, wireError } from './errors.js';
import type { TransferInfo } from './events.js';
import type { ReadableFile } from './folder.js';
import { commonCaps, listResultMessage, type GetMessage, type Message } from './messages.js';
import type { ResolvedServerOptions } from './options.js';
import type { ReceivingStore } from './receiving-store.js';
import { RunningHash } from './running-hash.js';
import { Sender } from './sender.js';
import type { Session } from './session.js';
import { fileSource, type Source } from './source.js';
import type { Uploads } from './uploads.js';

const DEFAULT_CHUNK_SIZE = 64 * 1024;
const BINARY_CHUNK_SIZE = 256 * 1024;

export class Downloads {
  readonly #options: ResolvedServerOptions;
  readonly #store: ReceivingStore;
  readonly #uploads: Uploads;
  readonly #owner: TransfersOwner;
  readonly #running = new Set<Promise<void>>();

  constructor(options: ResolvedServerOptions, store: ReceivingStore, uploads: Uploads, owner: TransfersOwner) {
    this.#options = options;
    this.#store = store;
    this.#uploads = uploads;
    this.#owner = owner;
  }

  get count(): number {
    return this.#running.size;
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** @throws {FileTransferError} */
  async get(session: Session, message: Message): Promise<void> {
    const get = checkedGet(message);
    await begin(session, this.#owner, { ...get, direction: 'download', fileSize: 0 }, () => this.#checkLimits(session, get), () => this.#open(session, get));
  }

  async #open(session: Session, get: GetMessage): Promise<void> {
    const { transferId, filename } = get;
    await this.#uploads.authorize({ action: 'download', socket: session.socket, filename, fileSize: undefined, transferId });
    const found = await this.#store.folder.open(filename);
    const source = await fileSource(found.file).catch(async (error: unknown) => {
      await found.file.close().catch(() => {});
      throw error;
    });
    // From here to the sender in `session.senders` nothing waits: its id is taken all the time.
    this.#run(session, get, found, source);
  }

  /** @throws {FileTransferError} */
  async list(session: Session, message: Message): Promise<void> {
    const { requestId, cursor, limit } = checkedList(message);
    if (!this.#options.allowList) throw wireError('not_allowed', 'not allowed', { transferId: requestId });
    try {
      await this.#uploads.authorize({ action: 'list', socket: session.socket, filename: undefined, fileSize: undefined, transferId: requestId });
      const page = await this.#store.folder.list(cursor, limit, this.#options.allowDotfiles);
      session.send(listResultMessage(requestId, page.files, page.cursor));
    } catch (error) {
      throw withTransferId(asTransferError(error, requestId), requestId);
    }
  }

  #checkLimits(session: Session, get: GetMessage): void {
    if (!this.#options.allowDownload) throw wireError('not_allowed', 'not allowed');
    checkNew(session, get, this.#options, this.#owner);
    checkRoom(session, this.#options, this.#owner);
  }

  #run(session: Session, get: GetMessage, found: ReadableFile, source: Source): void {
    const running = this.#send(session, get, found, source).finally(() => {
      this.#running.delete(running);
      session.endWhenIdle();
      this.#owner.onIdle();
    });
    this.#running.add(running);
  }

  async #send(session: Session, get: GetMessage, found: ReadableFile, source: Source): Promise<void> {
    const { transferId, filename } = get;
    let sender: Sender | undefined;
    const info = (): TransferInfo => ({
      transferId,
      filename,
      direction: 'download',
      fileSize: found.size,
      bytes: sender?.bytes ?? 0,
      resumedFrom: sender?.resumedFrom ?? 0,
      mode: sender?.isBinary ? 'binary' : 'json',
      socket: session.socket,
    });
    const startedAt = performance.now();
    try {
      if (get.offset > 0 && get.etag !== undefined && get.etag !== found.etag) throw wireError('changed', 'the file has changed', { transferId });
      sender = this.#sender(session, get, found, source, (event) => this.#owner.tell(event, info()));
      session.senders.set(transferId, sender);
      if (session.isClosed) throw new FileTransferError('ERR_FILE_CLOSED', 'the connection was closed', { transferId });
      const sent = await sender.run();
      this.#owner.tellComplete({ ...info(), sha256: sent.sha256, duration: performance.now() - startedAt });
    } catch (error) {
      const known = asTransferError(error, transferId);
      if (sender === undefined) session.sendError(known);
      this.#owner.tellError(known, info());
    } finally {
      session.senders.delete(transferId);
      await found.file.close().catch(() => {});
    }
  }

  #sender(session: Session, get: GetMessage, found: ReadableFile, source: Source, tell: (event: 'start' | 'progress') => void): Sender {
    const { transferId, filename } = get;
    const caps = get.caps && commonCaps(get.caps, capsOn(session));
    const isBinary = caps?.includes('binary') ?? false;
    if (isBinary) session.allowBinary();
    const wanted = get.chunkSize ?? (isBinary ? BINARY_CHUNK_SIZE : DEFAULT_CHUNK_SIZE);
    const chunkSize = Math.min(wanted, this.#options.maxChunkSize);
    const { size: fileSize, etag } = found;
    return new Sender({
      link: session,
      source,
      start: { transferId, filename, fileSize, chunkSize, caps, mtime: Math.trunc(found.mtime), etag },
      windowBytes: WINDOW_BYTES,
      stallTimeout: this.#options.stallTimeout,
      hash: caps?.includes('sha256') ? new RunningHash() : undefined,
      // Not before: what the peer answers says how, and from where on.
      onReady: () => tell('start'),
      onProgress: () => tell('progress'),
    });
  }
}
