// One file that arrives, on either end: chunks in, acknowledgements out once they are written, and at the end a file that is
// whole, checked, on the disk and under its name. On every other way out the part is kept where it can be resumed, or gone.
import { ackFrame } from './binary-frame.js';
import type { BlockShelf } from './block-shelf.js';
import { crc32 } from './crc32.js';
import { asTransferError, FileTransferError, withTransferId, wireError } from './errors.js';
import type { TransferInfo } from './events.js';
import type { ChunkHead, ReceivingTransfer, TransferLink } from './link.js';
import { cancelledMessage, chunkAckMessage, completeMessage, errorMessage, progressMessage, startAckMessage, type Cap, type StartMessage } from './messages.js';
import type { Part } from './incoming.js';
import { PartFile } from './part-file.js';
import { Reception, type ChunkVerdict } from './reception.js';
import type { ReceivingStore } from './receiving-store.js';

const PROGRESS_EVERY_CHUNKS = 100;
const FREE_CHECK_BYTES = 64 * 1024 * 1024;

export interface ReceiverSettings {
  readonly link: TransferLink;
  readonly start: StartMessage;
  /** Agreed by both ends; `undefined` where the peer knows only the documented messages. */
  readonly caps: readonly Cap[] | undefined;
  readonly chunkSize: number;
  readonly handle: number;
  readonly store: ReceivingStore;
  readonly opened: Part;
  readonly maxPendingBytes: number;
  readonly shelf: BlockShelf;
  readonly stallTimeout: number;
  readonly direction: 'upload' | 'download';
}

/** Told by a receiver. The last two are its end, and one of them comes once. */
export interface ReceiverOwner {
  onProgress(receiver: Receiver): void;
  onComplete(receiver: Receiver, filename: string, sha256: string | undefined): void;
  onFailed(receiver: Receiver, error: FileTransferError): void;
  /** The part is closed, and is kept or gone. */
  onReleased(receiver: Receiver): void;
}

export class Receiver implements ReceivingTransfer {
  readonly transferId: string;
  readonly handle: number;
  readonly resumedFrom: number;
  readonly startedAt: number = performance.now();
  readonly #settings: ReceiverSettings;
  readonly #owner: ReceiverOwner;
  readonly #reception: Reception;
  readonly #part: PartFile;
  /** Of the chunk that is coming. */
  #room: Buffer | undefined;
  #ackedChunks: number;
  #heardAt: number = performance.now();
  #uncheckedBytes = 0;
  #state: 'receiving' | 'finishing' | 'over' = 'receiving';

  constructor(settings: ReceiverSettings, owner: ReceiverOwner) {
    const { start, chunkSize, opened, caps, maxPendingBytes, shelf, store, handle } = settings;
    this.transferId = start.transferId;
    this.handle = handle;
    this.#settings = settings;
    this.#owner = owner;
    const { position, file } = opened;
    this.resumedFrom = position;
    this.#reception = new Reception(start.fileSize, chunkSize, Math.ceil(position / chunkSize));
    this.#ackedChunks = this.#reception.nextChunk;
    const isHashed = caps?.includes('sha256') ?? false;
    const part = { file, fileSize: start.fileSize, chunkSize, position, maxPendingBytes, shelf, isHashed, syncEveryBytes: store.syncEveryBytes };
    this.#part = new PartFile(part, {
      onWritten: (bytes) => this.#onWritten(bytes),
      onError: (error) => this.#failed(asTransferError(error, this.transferId), true),
    });
  }

  get info(): TransferInfo {
    const { start, link, direction } = this.#settings;
    return {
      transferId: this.transferId,
      filename: start.filename,
      direction,
      fileSize: start.fileSize,
      bytes: this.#part.writtenBytes,
      resumedFrom: this.resumedFrom,
      mode: this.#isBinary() ? 'binary' : 'json',
      socket: link.socket,
    };
  }

  /** Bytes that are still to come. */
  get missingBytes(): number {
    return this.#state === 'over' ? 0 : this.#settings.start.fileSize - this.#part.writtenBytes;
  }

  /** Tells the sender where to begin. */
  async sendReady(windowBytes: number): Promise<void> {
    const { link, caps, chunkSize, opened, store } = this.#settings;
    const { transferId } = this;
    if (caps === undefined) {
      link.send(startAckMessage({ transferId, status: 'ready' }));
      return;
    }
    const isResumed = this.resumedFrom > 0;
    const tail = isResumed ? await this.#part.tail() : undefined;
    if (this.#state !== 'receiving') return;
    link.send(
      startAckMessage({
        transferId,
        status: isResumed ? 'resume' : 'ready',
        caps,
        nextChunk: this.#reception.nextChunk,
        receivedBytes: this.resumedFrom,
        chunkSize,
        window: windowBytes,
        expiresAt: opened.isResumable ? store.expiresAt() : undefined,
        tail,
        handle: caps.includes('binary') ? this.handle : undefined,
      }),
    );
    if (caps.includes('binary')) link.switchToBinary();
    this.#part.hashEarlier();
  }

  room(chunk: ChunkHead): Buffer | undefined | Promise<Buffer | undefined> {
    if (this.#state !== 'receiving' || this.#judge(chunk) !== 'next') return undefined;
    this.#room = this.#part.room(chunk.byteLength);
    return this.#room ?? this.#part.whenFree().then(() => this.room(chunk));
  }

  onChunk(chunk: ChunkHead, isWhole: boolean): void {
    const room = this.#room;
    this.#room = undefined;
    if (this.#state !== 'receiving') return;
    this.#heardAt = performance.now();
    const { chunkIndex, byteLength } = chunk;
    const { transferId } = this;
    const verdict = this.#judge(chunk);
    const lacksCheck = verdict === 'next' && chunk.crc32 === undefined && (this.#settings.caps?.includes('crc32') ?? false);
    if (verdict === 'bad') this.fail(wireError('bad_chunk', this.#reception.faultOf(chunkIndex, byteLength), { transferId }), true);
    else if (lacksCheck) this.fail(wireError('bad_chunk', `chunk ${chunkIndex} lacks the crc32 that was agreed on`, { transferId }), true);
    else if (!isWhole) this.fail(wireError('bad_chunk', `chunk ${chunkIndex} is no base64 of its size`, { transferId }), true);
    // What is not written yet is acknowledged when it is.
    else if (verdict === 'repeat') this.#ackAgain(chunkIndex);
    else if (verdict === 'ahead' || room === undefined) this.#complain('chunk_out_of_order', `chunk ${chunkIndex} came too early`);
    else this.#take(chunk, room);
  }

  onEnd(sha256: string | undefined): void {
    if (this.#state !== 'receiving') return;
    this.#heardAt = performance.now();
    if (!this.#reception.isWhole) this.#complain('incomplete', `${this.#reception.acceptedBytes} of ${this.#settings.start.fileSize} bytes have come`);
    else if (sha256 === undefined && this.#settings.caps?.includes('sha256')) {
      throw wireError('bad_message', 'file_end lacks the sha256 that was agreed on', { transferId: this.transferId });
    } else void this.#finish(sha256).catch((error: unknown) => this.#failed(asTransferError(error, this.transferId), true));
  }

  onCancel(): void {
    if (this.#state !== 'receiving') return;
    this.#settings.link.send(cancelledMessage(this.transferId));
    this.#end(new FileTransferError('ERR_FILE_CANCELLED', 'the transfer was cancelled', { transferId: this.transferId }), false);
  }

  /** While it is being published nothing stops it. */
  fail(error: FileTransferError, isTold: boolean): void {
    if (this.#state === 'receiving') this.#failed(error, isTold);
  }

  onSweep(now: number): void {
    if (this.#state === 'finishing' && this.#settings.caps !== undefined) {
      const { fileSize } = this.#settings.start;
      this.#settings.link.send(progressMessage(this.transferId, fileSize, fileSize));
    }
    if (this.#state !== 'receiving' || now - this.#heardAt <= this.#settings.stallTimeout) return;
    this.fail(wireError('stalled', 'nothing came for too long', { transferId: this.transferId }), true);
  }

  #judge({ chunkIndex, byteLength }: ChunkHead): ChunkVerdict {
    return byteLength < 0 ? 'bad' : this.#reception.judge(chunkIndex, byteLength);
  }

  #take({ chunkIndex, byteLength, crc32: sent }: ChunkHead, room: Buffer): void {
    const isChecked = sent !== undefined && (this.#settings.caps?.includes('crc32') ?? false);
    if (isChecked && crc32(room) !== sent) {
      this.#part.commit(0);
      this.#complain('crc_mismatch', `chunk ${chunkIndex} is not what was sent`);
      return;
    }
    this.#part.commit(byteLength);
    this.#reception.accept();
  }

  #complain(code: 'chunk_out_of_order' | 'crc_mismatch' | 'incomplete', text: string): void {
    const error = wireError(code, text, { transferId: this.transferId, expectedChunk: this.#reception.nextChunk });
    this.#settings.link.send(errorMessage(error));
  }

  #ackAgain(chunkIndex: number): void {
    if (chunkIndex >= this.#ackedChunks) return;
    const { link } = this.#settings;
    if (this.#isBinary()) link.write(ackFrame(this.handle, this.#ackedChunks));
    else link.send(chunkAckMessage(this.transferId, chunkIndex, this.#reception.endOf(this.#ackedChunks - 1)));
  }

  #onWritten(writtenBytes: number): void {
    if (this.#state === 'over') return;
    const { link, start, store } = this.#settings;
    const chunks = this.#reception.chunksIn(writtenBytes);
    this.#uncheckedBytes += this.#reception.endOf(chunks - 1) - this.#reception.endOf(this.#ackedChunks - 1);
    if (this.#isBinary()) {
      this.#ackedChunks = chunks;
      link.write(ackFrame(this.handle, chunks));
    } else {
      for (; this.#ackedChunks < chunks; this.#ackedChunks++) {
        const receivedBytes = this.#reception.endOf(this.#ackedChunks);
        link.send(chunkAckMessage(this.transferId, this.#ackedChunks, receivedBytes));
        if (this.#ackedChunks % PROGRESS_EVERY_CHUNKS === 0) link.send(progressMessage(this.transferId, receivedBytes, start.fileSize));
      }
    }
    this.#owner.onProgress(this);
    if (this.#uncheckedBytes < FREE_CHECK_BYTES) return;
    this.#uncheckedBytes = 0;
    store.checkFree(0).catch((error: unknown) => this.#failed(asTransferError(error, this.transferId), true));
  }

  #isBinary(): boolean {
    return this.#settings.caps?.includes('binary') ?? false;
  }

  #failed(error: FileTransferError, isTold: boolean): void {
    if (this.#state === 'over') return;
    if (isTold && error.wireCode !== undefined) this.#settings.link.send(errorMessage(withTransferId(error, this.transferId)));
    const isLost = ['bad_chunk', 'checksum_mismatch', 'too_much_pending', 'changed', 'file_exists'].includes(error.wireCode ?? '');
    this.#end(error, !isLost && error.code !== 'ERR_FILE_CANCELLED' && error.code !== 'ERR_FILE_HANDLER_FAILED');
  }

  async #finish(sentSHA256: string | undefined): Promise<void> {
    this.#state = 'finishing';
    const { link, start, store, opened } = this.#settings;
    const { transferId } = this;
    const sha256 = await this.#part.finish();
    if (this.#state !== 'finishing') return;
    if (sha256 !== undefined && sentSHA256 !== undefined && sha256 !== sentSHA256) {
      throw wireError('checksum_mismatch', 'the whole is not what was sent', { transferId });
    }
    await this.#part.seal(store.isSynced, start.mtime);
    // From here on it is not to be stopped: the name appears, or it does not.
    const filename = await store.publish(opened, start.filename);
    if (this.#isOver()) return;
    this.#state = 'over';
    const duration = Math.max(1, Math.round(performance.now() - this.startedAt));
    link.send(completeMessage({ transferId, filename, receivedBytes: start.fileSize, duration, sha256: sentSHA256 === undefined ? undefined : sha256 }));
    this.#owner.onComplete(this, filename, sha256);
    this.#owner.onReleased(this);
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  #end(error: FileTransferError, isKept: boolean): void {
    const isPublishing = this.#state === 'finishing';
    this.#state = 'over';
    this.#owner.onFailed(this, error);
    const { store, opened } = this.#settings;
    void this.#part
      .abandon()
      .then((kept) => store.release(opened, isKept && (kept > 0 || isPublishing)))
      .finally(() => this.#owner.onReleased(this));
  }
}
