// One download of the client, over as many tries and connections as it takes. Each try has a receiver of its own; the part on
// the disk goes from one to the next.
import { attempts, cancelledBy } from './attempts.js';
import { BlockShelf } from './block-shelf.js';
import { checkedStart } from './checked-message.js';
import type { ClientConnection } from './client-connection.js';
import type { ResolvedClientOptions } from './client-options.js';
import { FileTransferError, handlerFailed, wireError } from './errors.js';
import type { DownloadSettings, TransferInfo, TransferResult } from './events.js';
import type { Part } from './incoming.js';
import { offeredCaps, unsupported } from './integrity.js';
import { cancelMessage, commonCaps, getMessage, type Message, type StartMessage } from './messages.js';
import { Receiver } from './receiver.js';
import type { ReceivingStore } from './receiving-store.js';
import type { Session } from './session.js';

const MAX_CHUNK_SIZE = 64 * 1024 * 1024;

/** What every transfer of a client is given. */
export interface SharedRequest {
  readonly transferId: string;
  readonly giveWay: (error: FileTransferError) => Promise<boolean>;
  readonly warn: (error: FileTransferError) => void;
}

export interface DownloadRequest extends SharedRequest {
  readonly name: string;
  /** What it is called here. */
  readonly destination: string;
  readonly store: ReceivingStore;
  readonly settings: DownloadSettings;
}

export class ClientDownload {
  readonly #connection: ClientConnection;
  readonly #options: ResolvedClientOptions;
  readonly #request: DownloadRequest;
  readonly #startedAt: number = performance.now();
  #hasBegunAnew = false;
  #reachedBytes = 0;

  constructor(connection: ClientConnection, options: ResolvedClientOptions, request: DownloadRequest) {
    this.#connection = connection;
    this.#options = options;
    this.#request = request;
  }

  /** @throws {FileTransferError} */
  async run(): Promise<TransferResult> {
    const { store, destination, settings, giveWay, warn } = this.#request;
    // What was broken off here by processes that never came back.
    await store.incoming.sweep();
    try {
      await store.folder.checkFree(destination, settings.onConflict ?? 'reject');
      return await attempts(() => this.#attempt(), {
        retries: this.#options.retries,
        signal: settings.signal,
        isWorthwhile: (error) => this.#isWorthwhile(error),
        onRetry: warn,
        reached: () => this.#reachedBytes,
        giveWay,
        pause: (milliseconds) => this.#connection.pause(milliseconds, settings.signal),
      });
    } finally {
      await store.incoming.removeIfEmpty();
    }
  }

  async #attempt(): Promise<TransferResult> {
    const session = await this.#connection.session();
    const { transferId, name, settings } = this.#request;
    const { signal } = settings;
    const caps = offeredCaps(this.#options, session, this.#options.resume);
    if (caps.includes('binary')) session.allowBinary();
    let cancel = (): void => {};
    try {
      return await new Promise<TransferResult>((resolve, reject) => {
        cancel = () => {
          const receiver = session.receivers.get(transferId);
          session.send(cancelMessage(transferId));
          const error = cancelledBy(signal as AbortSignal);
          // With a receiver it is over when its part is gone; while it is being published nothing stops it.
          if (receiver === undefined) reject(error);
          else receiver.fail(error, false);
        };
        signal?.addEventListener('abort', cancel);
        this.#connection.wait(transferId, {
          since: performance.now(),
          onStart: (on, message) => this.#begin(on, message, resolve, reject),
          onError: reject,
        });
        const { chunkSize } = this.#options;
        session.send(getMessage({ transferId, filename: name, offset: 0, chunkSize, caps: caps.length > 0 ? caps : undefined }));
      });
    } catch (error) {
      if ((error as FileTransferError).code === 'ERR_FILE_STALLED') this.#connection.abandon(session);
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#connection.stopWaiting(transferId);
    }
  }

  /** The file begins. What is thrown here is told to the peer too. */
  async #begin(session: Session, message: Message, resolve: (result: TransferResult) => void, reject: (error: FileTransferError) => void): Promise<void> {
    const start = checkedStart(message);
    const { transferId, store, settings } = this.#request;
    const { maxFileSize, maxPendingBytes, windowBytes, stallTimeout } = this.#options;
    if (start.fileSize > maxFileSize) throw wireError('file_too_large', `the file has ${start.fileSize} bytes`, { transferId });
    if (start.chunkSize > MAX_CHUNK_SIZE) throw wireError('bad_chunk_size', 'the chunks are too large', { transferId });
    const caps = start.caps && commonCaps(start.caps, offeredCaps(this.#options, session, this.#options.resume));
    const missing = unsupported(this.#options, caps ?? [], transferId);
    if (missing?.isFatal) throw missing.error;
    if (missing !== undefined) this.#request.warn(missing.error);
    const opened = await this.#openPart(start, caps?.includes('resume') ?? false);
    let failure: FileTransferError | undefined;
    let thrown: FileTransferError | undefined;
    const tell = ({ bytes, fileSize: totalBytes, resumedFrom }: TransferInfo): void => {
      this.#reachedBytes = Math.max(this.#reachedBytes, bytes);
      try {
        if (thrown === undefined) settings.onProgress?.({ bytes, totalBytes, resumedFrom });
      } catch (cause) {
        thrown = handlerFailed('onProgress', cause, transferId);
        session.send(cancelMessage(transferId));
        receiver.fail(thrown, false);
      }
    };
    const receiver = new Receiver(
      {
        link: session,
        start: { ...start, filename: this.#request.destination },
        caps,
        chunkSize: start.chunkSize,
        handle: session.nextHandle(),
        store,
        opened,
        maxPendingBytes,
        shelf: new BlockShelf(Infinity),
        stallTimeout,
        direction: 'download',
      },
      {
        onProgress: ({ info }) => tell(info),
        onComplete: (of, filename, sha256) => {
          session.receivers.delete(transferId);
          const { fileSize: bytes, resumedFrom, mode } = of.info;
          if (thrown !== undefined) reject(thrown);
          else resolve({ transferId, filename, bytes, resumedFrom, sha256, duration: performance.now() - this.#startedAt, mode });
        },
        onFailed: (_of, error) => {
          session.receivers.delete(transferId);
          failure = error;
        },
        // Only when the part is closed may the next try open it.
        onReleased: () => failure !== undefined && reject(failure),
      },
    );
    session.receivers.set(transferId, receiver);
    if (session.isClosed || settings.signal?.aborted) {
      receiver.fail(new FileTransferError('ERR_FILE_CLOSED', 'the connection was closed', { transferId }), false);
      return;
    }
    tell(receiver.info);
    if (thrown === undefined) await receiver.sendReady(windowBytes);
  }

  /** What is here of this very file, or a new part. */
  async #openPart(start: StartMessage, isResumable: boolean): Promise<Part> {
    const { store, transferId, destination } = this.#request;
    const identity = { transferId, filename: `${destination}/${start.etag ?? ''}`, fileSize: start.fileSize, chunkSize: start.chunkSize };
    try {
      return await store.open(identity, isResumable, destination);
    } catch (error) {
      const { wireCode } = error as FileTransferError;
      if (wireCode !== 'resume_mismatch' && wireCode !== 'expired') throw error;
      await store.incoming.forget(transferId);
      return store.open(identity, isResumable, destination);
    }
  }

  #isWorthwhile(error: FileTransferError): boolean {
    if (this.#connection.isClosed) return false;
    if (error.code === 'ERR_FILE_CLOSED' || error.code === 'ERR_FILE_SHUTTING_DOWN') return this.#connection.canDial;
    if (error.retryable) return true;
    const isPartBad = error.wireCode === 'changed' || error.wireCode === 'checksum_mismatch';
    if (!isPartBad || this.#hasBegunAnew) return false;
    this.#hasBegunAnew = true;
    return true;
  }
}
