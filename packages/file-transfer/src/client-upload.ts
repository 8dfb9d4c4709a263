// One upload of the client, over as many tries and connections as it takes. The source and its hash live as long as it; each
// try has a sender of its own.
import { attempts } from './attempts.js';
import { MIN_SECRET_LENGTH } from './checked-message.js';
import type { ClientConnection } from './client-connection.js';
import type { SharedRequest } from './client-download.js';
import type { ResolvedClientOptions } from './client-options.js';
import { FileTransferError, handlerFailed } from './errors.js';
import type { TransferResult, UploadSettings } from './events.js';
import { offeredCaps, unsupported } from './integrity.js';
import { RunningHash } from './running-hash.js';
import { Sender, type SentFile } from './sender.js';
import type { Session } from './session.js';
import type { Source } from './source.js';

const JSON_CHUNK_SIZE = 64 * 1024;
const BINARY_CHUNK_SIZE = 256 * 1024;

export interface UploadRequest extends SharedRequest {
  readonly source: Source;
  readonly name: string;
  readonly settings: UploadSettings;
}

export class ClientUpload {
  readonly #connection: ClientConnection;
  readonly #options: ResolvedClientOptions;
  readonly #source: Source;
  readonly #name: string;
  readonly #settings: UploadSettings;
  readonly #transferId: string;
  readonly #shared: SharedRequest;
  readonly #hash: RunningHash | undefined;
  readonly #startedAt: number = performance.now();
  #hasBegunAnew = false;
  #reachedBytes = 0;

  constructor(
    connection: ClientConnection,
    options: ResolvedClientOptions,
    upload: UploadRequest,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#source = upload.source;
    this.#name = upload.name;
    this.#settings = upload.settings;
    this.#transferId = upload.transferId;
    this.#shared = upload;
    // A stream is read once: what a resume skips is hashed on the way, wanted or not.
    if (options.integrity === 'sha256' || !upload.source.isSeekable) this.#hash = new RunningHash();
  }

  /** @throws {FileTransferError} */
  async run(): Promise<TransferResult> {
    try {
      const sent = await attempts((count) => this.#attempt(count), {
        retries: this.#options.retries,
        signal: this.#settings.signal,
        isWorthwhile: (error) => this.#isWorthwhile(error),
        onRetry: this.#shared.warn,
        reached: () => this.#reachedBytes,
        giveWay: this.#shared.giveWay,
        pause: (milliseconds) => this.#connection.pause(milliseconds, this.#settings.signal),
      });
      return {
        transferId: this.#transferId,
        filename: sent.filename,
        bytes: sent.receivedBytes,
        resumedFrom: sent.resumedFrom,
        sha256: sent.sha256,
        duration: performance.now() - this.#startedAt,
        mode: sent.isBinary ? 'binary' : 'json',
      };
    } finally {
      await this.#hash?.stop();
      await this.#source.close();
    }
  }

  async #attempt(count: number): Promise<SentFile> {
    const session = await this.#connection.session();
    const isContinued = count > 0 || this.#settings.transferId !== undefined;
    try {
      return await this.#send(session, undefined);
    } catch (error) {
      if (!(error instanceof FileTransferError)) throw error;
      if (error.code === 'ERR_FILE_STALLED') this.#connection.abandon(session);
      const isTaken = error.wireCode === 'file_exists' && isContinued && this.#options.resume && this.#options.integrity === 'sha256';
      if (!isTaken || !this.#source.isSeekable) throw error;
      // The answer to an earlier try may have been lost: the file there may be this one, and its hash tells.
      return this.#send(session, await this.#wholeHash());
    }
  }

  async #send(session: Session, sha256: string | undefined): Promise<SentFile> {
    const { resume, windowBytes, stallTimeout } = this.#options;
    const { signal, onProgress, mtime = this.#source.mtime } = this.#settings;
    const caps = offeredCaps(this.#options, session, resume);
    if (caps.includes('binary')) session.allowBinary();
    const chunkSize = this.#options.chunkSize ?? (caps.includes('binary') ? BINARY_CHUNK_SIZE : JSON_CHUNK_SIZE);
    const totalBytes = this.#source.size;
    let resumedFrom = 0;
    const tell = (bytes: number): void => {
      this.#reachedBytes = Math.max(this.#reachedBytes, bytes);
      try {
        onProgress?.({ bytes, totalBytes, resumedFrom });
      } catch (cause) {
        throw handlerFailed('onProgress', cause, this.#transferId);
      }
    };
    const sender = new Sender({
      link: session,
      source: this.#source,
      start: { transferId: this.#transferId, filename: this.#name, fileSize: totalBytes, chunkSize, caps: caps.length > 0 ? caps : undefined, mtime, sha256 },
      windowBytes,
      stallTimeout,
      hash: this.#hash,
      onReady: (agreed, from) => {
        resumedFrom = from;
        const error = unsupported(this.#options, agreed, this.#transferId);
        if (error?.isFatal) throw error.error;
        if (error !== undefined) this.#shared.warn(error.error);
        if (caps.includes('resume') && this.#settings.transferId !== undefined && !agreed.includes('resume')) this.#shared.warn(this.#cannotResume());
        tell(from);
      },
      onProgress: tell,
    });
    const cancel = (): void => sender.cancel();
    session.senders.set(this.#transferId, sender);
    signal?.addEventListener('abort', cancel);
    try {
      return await sender.run();
    } finally {
      signal?.removeEventListener('abort', cancel);
      session.senders.delete(this.#transferId);
    }
  }

  /** Whoever gives an id wants to go on with it. */
  #cannotResume(): FileTransferError {
    const isShort = this.#transferId.length < MIN_SECRET_LENGTH;
    const why = isShort ? `its id has fewer than ${MIN_SECRET_LENGTH} characters` : 'the peer cannot';
    return new FileTransferError('ERR_FILE_NOT_SUPPORTED', `this upload cannot be resumed: ${why}`, { transferId: this.#transferId });
  }

  async #wholeHash(): Promise<string> {
    const hash = this.#hash as RunningHash;
    hash.follow((buffer, length, position) => this.#source.read(buffer, 0, length, position), () => this.#source.size);
    return hash.peek(this.#source.size);
  }

  async #isWorthwhile(error: FileTransferError): Promise<boolean> {
    if (this.#connection.isClosed) return false;
    if (error.code === 'ERR_FILE_CLOSED' || error.code === 'ERR_FILE_SHUTTING_DOWN') return this.#connection.canDial && this.#options.resume;
    if (error.retryable) return true;
    // What the peer had is of no use, and it has dropped it: once more, from the beginning.
    const isPartBad = error.wireCode === 'changed' || error.wireCode === 'checksum_mismatch' || error.wireCode === 'expired';
    if (!isPartBad || this.#hasBegunAnew || !this.#source.isSeekable || (await this.#source.hasChanged())) return false;
    this.#hasBegunAnew = true;
    return true;
  }
}
