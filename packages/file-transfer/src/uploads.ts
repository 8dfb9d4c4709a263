// Who may upload what: a start comes in, every limit is asked before anything is kept, and a receiver comes out, or an error
// with the right code. It keeps count of what is under way over all connections.
import { begin, capsOn, checkNew, checkRoom, type TransfersOwner } from './admission.js';
import { BlockShelf } from './block-shelf.js';
import { checkedStart, MIN_SECRET_LENGTH } from './checked-message.js';
import { WINDOW_BYTES } from './client-options.js';
import { asTransferError, FileTransferError, handlerFailed, wireError } from './errors.js';
import type { AuthorizeContext, QuotaContext, TransferInfo } from './events.js';
import { commonCaps, completeMessage, startAckMessage, type Cap, type Message, type StartMessage } from './messages.js';
import type { ResolvedServerOptions } from './options.js';
import { Receiver } from './receiver.js';
import type { ReceivingStore } from './receiving-store.js';
import type { Session } from './session.js';

/** What is sent in one go is not worth a note on the disk. */
const MIN_RESUMABLE_BYTES = 256 * 1024;

export class Uploads {
  readonly #options: ResolvedServerOptions;
  readonly #store: ReceivingStore;
  readonly #owner: TransfersOwner;
  readonly #shelf: BlockShelf;
  readonly #receivers = new Map<Receiver, Session>();
  /** Receivers that another connection may take over, by the id that it has to know. */
  readonly #resumable = new Map<string, Receiver>();
  /** Receivers that failed, until it is known what is kept of them. */
  readonly #closing = new Set<Receiver>();
  /** Uploads that have been let in and have no receiver yet. */
  readonly #promised = new Set<StartMessage>();
  /** Settled when what is being opened under that id is among them. */
  readonly #opening = new Map<string, Promise<void>>();
  /** Settled when a receiver's part is closed. */
  readonly #releases = new Map<Receiver, { promise: Promise<void>; resolve: () => void }>();

  constructor(options: ResolvedServerOptions, store: ReceivingStore, owner: TransfersOwner) {
    this.#options = options;
    this.#store = store;
    this.#owner = owner;
    this.#shelf = new BlockShelf(options.maxTotalPendingBytes);
  }

  get count(): number {
    return this.#releases.size;
  }

  /** Bytes that uploads under way have still to bring. */
  get missingBytes(): number {
    let sum = 0;
    for (const receiver of this.#receivers.keys()) sum += receiver.missingBytes;
    return sum;
  }

  /** @throws {FileTransferError} */
  async start(session: Session, message: Message): Promise<void> {
    const start = checkedStart(message);
    await begin(session, this.#owner, { ...start, direction: 'upload' }, () => this.#checkLimits(session, start), () => this.#open(session, start));
  }

  /** @throws {FileTransferError} */
  async authorize(context: AuthorizeContext): Promise<void> {
    const { authorize } = this.#options;
    if (authorize === undefined) return;
    const answer = await this.#ask('authorize', context, () => authorize(context));
    if (answer !== true) throw wireError('not_allowed', 'not allowed', { transferId: context.transferId });
  }

  /** Settles when nothing is being written any more. */
  async settled(): Promise<void> {
    while (this.#releases.size > 0) await Promise.all([...this.#releases.values()].map(({ promise }) => promise));
  }

  #checkLimits(session: Session, start: StartMessage): void {
    const { fileSize, chunkSize, caps } = start;
    const { maxFileSize, maxChunkSize } = this.#options;
    checkNew(session, start, this.#options, this.#owner);
    if (fileSize > maxFileSize) throw wireError('file_too_large', `a file may have ${maxFileSize} bytes`);
    // Told a smaller one, a peer with caps goes on.
    if (chunkSize > maxChunkSize && caps === undefined) throw wireError('bad_chunk_size', `a chunk may have ${maxChunkSize} bytes`);
    checkRoom(session, this.#options, this.#owner);
  }

  async #open(session: Session, start: StartMessage): Promise<void> {
    const { transferId, filename, fileSize } = start;
    const context: AuthorizeContext = { action: 'upload', socket: session.socket, filename, fileSize, transferId };
    await this.authorize(context);
    if (this.#options.quota !== undefined) await this.#store.incoming.load();
    const reservedBytes = this.#reservedBytes(transferId);
    this.#promised.add(start);
    try {
      await this.#checkQuota({ ...context, reservedBytes });
      await this.#receive(session, start);
    } finally {
      this.#promised.delete(start);
    }
  }

  async #receive(session: Session, start: StartMessage): Promise<void> {
    const { transferId } = start;
    const caps = start.caps && commonCaps(start.caps, capsOn(session)).filter((cap) => cap !== 'resume' || isSecret(transferId));
    if (await this.#confirm(session, start, caps)) return;
    const isResumable = caps?.includes('resume') ?? false;
    const isAlone = isResumable ? await this.#takeOver(transferId) : undefined;
    const receiver = await this.#receiver(session, start, caps, isResumable).finally(isAlone);
    this.#promised.delete(start);
    if (caps?.includes('binary')) session.allowBinary();
    if (session.isClosed) {
      receiver.fail(new FileTransferError('ERR_FILE_CLOSED', 'the connection was closed', { transferId }), false);
      return;
    }
    if (this.#owner.isClosing) receiver.fail(wireError('shutting_down', 'the server is closing', { transferId }), true);
    this.#owner.tell('start', receiver.info);
    await receiver.sendReady(Math.max(WINDOW_BYTES, this.#options.maxPendingBytes)).catch((error: unknown) => receiver.fail(asTransferError(error, transferId), true));
  }

  async #receiver(session: Session, start: StartMessage, caps: readonly Cap[] | undefined, isResumable: boolean): Promise<Receiver> {
    const { transferId, filename, fileSize } = start;
    const { maxChunkSize, maxPendingBytes, stallTimeout } = this.#options;
    const chunkSize = Math.min(start.chunkSize, maxChunkSize);
    const opened = await this.#store.open({ transferId, filename, fileSize, chunkSize }, isResumable && fileSize > MIN_RESUMABLE_BYTES);
    const receiver = new Receiver(
      {
        link: session,
        start,
        caps,
        chunkSize,
        handle: session.nextHandle(),
        store: this.#store,
        opened,
        maxPendingBytes,
        shelf: this.#shelf,
        stallTimeout,
        direction: 'upload',
      },
      {
        onProgress: (of) => this.#owner.tell('progress', of.info),
        onComplete: (of, name, sha256) => this.#onComplete(session, of, name, sha256),
        onFailed: (of, error) => this.#onFailed(session, of, error),
        onReleased: (of) => this.#onReleased(session, of),
      },
    );
    this.#register(session, receiver, opened.isResumable);
    return receiver;
  }

  /** An upload whose last answer was lost: the very file is here, and nothing has to be sent again. */
  async #confirm(session: Session, { transferId, filename, fileSize, sha256, chunkSize }: StartMessage, caps: readonly Cap[] | undefined): Promise<boolean> {
    if (sha256 === undefined || !caps?.includes('sha256') || !caps.includes('resume')) return false;
    if (!(await this.#store.holds(filename, fileSize, sha256))) return false;
    const nextChunk = Math.ceil(fileSize / chunkSize);
    const plain = caps.filter((cap) => cap !== 'binary');
    session.send(startAckMessage({ transferId, status: 'resume', caps: plain, nextChunk, receivedBytes: fileSize, chunkSize }));
    const info: TransferInfo = { transferId, filename, direction: 'upload', fileSize, bytes: fileSize, resumedFrom: fileSize, mode: 'json', socket: session.socket };
    this.#owner.tell('start', info);
    // Nothing of it is left open: its end is answered by what is known now.
    session.receivers.set(transferId, {
      transferId,
      handle: session.nextHandle(),
      room: () => undefined,
      onChunk() {},
      onEnd: () => {
        session.receivers.delete(transferId);
        session.send(completeMessage({ transferId, filename, receivedBytes: fileSize, duration: 1, sha256 }));
        this.#owner.tellComplete({ ...info, sha256, duration: 1 });
        session.endWhenIdle();
      },
      onCancel: () => void session.receivers.delete(transferId),
      fail: () => void session.receivers.delete(transferId),
      onSweep() {},
    });
    return true;
  }

  async #checkQuota(context: QuotaContext): Promise<void> {
    const { quota } = this.#options;
    if (quota === undefined) return;
    const bytes = await this.#ask('quota', context, async () => {
      const answer: unknown = await quota(context);
      if (typeof answer !== 'number' || Number.isNaN(answer)) throw new TypeError(`quota must give a number, got ${String(answer)}`);
      return answer;
    });
    if (!((context.fileSize ?? 0) <= bytes)) throw wireError('quota_exceeded', `there is room for ${bytes} bytes`);
  }

  /** What it throws is for the server's user; the peer hears that it may not. */
  async #ask<T>(what: string, { transferId }: AuthorizeContext, ask: () => T | Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throw wireError('not_allowed', 'not allowed', { cause: handlerFailed(what, cause, transferId) });
    }
  }

  /** What others than this transfer have or may still get, and no name shows yet. */
  #reservedBytes(transferId: string): number {
    let sum = this.#store.incoming.keptBytes(transferId);
    for (const other of this.#promised) if (!isSecret(transferId) || other.transferId !== transferId) sum += other.fileSize;
    const own = this.#resumable.get(transferId);
    for (const receiver of [...this.#receivers.keys(), ...this.#closing]) if (receiver !== own) sum += receiver.info.fileSize;
    return sum;
  }

  /**
   * Who knows the id is who began it: a connection that has died without a word must not lock it out. Until what it gives is
   * called, nobody else has this id.
   */
  async #takeOver(transferId: string): Promise<() => void> {
    for (;;) {
      const opening = this.#opening.get(transferId);
      const other = this.#resumable.get(transferId);
      if (opening === undefined && other === undefined) break;
      if (opening === undefined) other?.fail(wireError('superseded', 'another connection goes on with this transfer', { transferId }), true);
      await (opening ?? (other && this.#releases.get(other)?.promise));
    }
    let settle = (): void => {};
    this.#opening.set(transferId, new Promise((resolve) => (settle = resolve)));
    return () => {
      this.#opening.delete(transferId);
      settle();
    };
  }

  #register(session: Session, receiver: Receiver, isResumable: boolean): void {
    this.#receivers.set(receiver, session);
    session.receivers.set(receiver.transferId, receiver);
    let resolve = (): void => {};
    const promise = new Promise<void>((settle) => (resolve = settle));
    this.#releases.set(receiver, { promise, resolve });
    if (isResumable) this.#resumable.set(receiver.transferId, receiver);
  }

  #onComplete(session: Session, receiver: Receiver, filename: string, sha256: string | undefined): void {
    this.#forget(session, receiver);
    const duration = performance.now() - receiver.startedAt;
    this.#owner.tellComplete({ ...receiver.info, filename, sha256, duration });
  }

  #onFailed(session: Session, receiver: Receiver, error: FileTransferError): void {
    this.#forget(session, receiver);
    const isCancelled = error.code === 'ERR_FILE_CANCELLED';
    if (!isCancelled && this.#resumable.get(receiver.transferId) === receiver) this.#closing.add(receiver);
    this.#owner.tellError(error, receiver.info);
  }

  #forget(session: Session, receiver: Receiver): void {
    this.#receivers.delete(receiver);
    if (session.receivers.get(receiver.transferId) === receiver) session.receivers.delete(receiver.transferId);
  }

  #onReleased(session: Session, receiver: Receiver): void {
    if (this.#resumable.get(receiver.transferId) === receiver) this.#resumable.delete(receiver.transferId);
    this.#closing.delete(receiver);
    const release = this.#releases.get(receiver);
    this.#releases.delete(receiver);
    release?.resolve();
    session.endWhenIdle();
    this.#owner.onIdle();
  }
}

function isSecret(transferId: string): boolean {
  return transferId.length >= MIN_SECRET_LENGTH;
}
