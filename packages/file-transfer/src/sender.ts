// One file that is sent, on either end: a start, chunks as far as the peer's window and the socket let them, an end, and the
// peer's word that it has it. It goes back where the peer says so. It opens and closes no connection and no source.
import { DATA_PREFIX_BYTES } from './binary-frame.js';
import { BufferShelf } from './buffer-shelf.js';
import { checkedComplete, checkedStartAck } from './checked-message.js';
import { ChunkWriter } from './chunk-writer.js';
import { crc32 } from './crc32.js';
import { asTransferError, FileTransferError, withTransferId, wireError } from './errors.js';
import type { SendingTransfer, TransferLink } from './link.js';
import { cancelledMessage, cancelMessage, endMessage, errorMessage, startMessage, type Cap, type CompleteMessage, type Message, type StartAck, type StartMessage } from './messages.js';
import type { RunningHash } from './running-hash.js';
import type { Source } from './source.js';
import { placeOf, Transmission } from './transmission.js';

export interface SenderSettings {
  readonly link: TransferLink;
  readonly source: Source;
  readonly start: StartMessage;
  readonly windowBytes: number;
  readonly stallTimeout: number;
  /** Lives as long as the source: a later try goes on with it. */
  readonly hash: RunningHash | undefined;
  /** The peer is ready; throws where what it can is too little. */
  onReady(caps: readonly Cap[], resumedFrom: number): void;
  /** So many bytes are there. */
  onProgress(bytes: number): void;
}

/** What a transfer came to. */
export interface SentFile extends CompleteMessage {
  readonly resumedFrom: number;
  readonly isBinary: boolean;
}

interface Ahead {
  readonly index: number;
  readonly buffer: Buffer;
  readonly read: Promise<number>;
}

export class Sender implements SendingTransfer {
  readonly transferId: string;
  readonly #settings: SenderSettings;
  #chunks: ChunkWriter;
  handle: number | undefined;
  #transmission: Transmission;
  #shelf = new BufferShelf(0);
  #caps: readonly Cap[] = [];
  #resumedFrom = 0;
  #ack: StartAck | undefined;
  #complete: CompleteMessage | undefined;
  #failure: FileTransferError | undefined;
  #isEndSent = false;
  #ahead: Ahead | undefined;
  #heardAt: number = performance.now();
  #wake: (() => void) | undefined;

  constructor(settings: SenderSettings) {
    const { start, windowBytes } = settings;
    this.transferId = start.transferId;
    this.#settings = settings;
    this.#chunks = new ChunkWriter(settings.link, { transferId: start.transferId, chunkSize: 0, handle: undefined, isChecked: false });
    this.#transmission = new Transmission(start.fileSize, start.chunkSize, windowBytes);
  }

  get bytes(): number {
    return this.#transmission.acknowledgedBytes;
  }

  get resumedFrom(): number {
    return this.#resumedFrom;
  }

  get isBinary(): boolean {
    return this.#caps.includes('binary');
  }

  /** Sends it all. @throws {FileTransferError} Why not; the peer was told where it has to know. */
  async run(): Promise<SentFile> {
    try {
      this.#settings.link.send(startMessage(this.#settings.start));
      while (this.#ack === undefined) await this.#signal();
      await this.#begin(this.#ack);
      while (this.#complete === undefined) await this.#step();
      return { ...this.#complete, resumedFrom: this.#resumedFrom, isBinary: this.isBinary };
    } catch (error) {
      const known = asTransferError(error, this.transferId);
      // What the peer said it knows; the rest would leave it waiting.
      if (this.#failure === undefined) this.#settings.link.send(known.wireCode === undefined ? cancelMessage(this.transferId) : errorMessage(known));
      throw known;
    } finally {
      await this.#ahead?.read.catch(() => {});
    }
  }

  /** Asks the peer to forget it. */
  cancel(error: FileTransferError = new FileTransferError('ERR_FILE_CANCELLED', 'the transfer was cancelled')): void {
    if (this.#failure !== undefined || this.#complete !== undefined) return;
    this.#settings.link.send(cancelMessage(this.transferId));
    this.#fail(withTransferId(error, this.transferId));
  }

  onStartAck(message: Message): void {
    if (this.#ack !== undefined) return;
    this.#guard(() => (this.#ack = checkedStartAck(message)));
  }

  onAck(nextChunk: number): void {
    if (!this.#transmission.acknowledge(nextChunk)) {
      this.#fail(wireError('bad_message', 'the peer acknowledged what was not sent', { transferId: this.transferId }));
      return;
    }
    this.#settings.source.release(this.#transmission.acknowledgedBytes);
    this.#heard();
    try {
      if (this.#failure === undefined) this.#settings.onProgress(this.#transmission.acknowledgedBytes);
    } catch (error) {
      this.cancel(asTransferError(error, this.transferId));
    }
  }

  onError(error: FileTransferError): void {
    const { wireCode, expectedChunk } = error;
    // Answers to chunks of an earlier try that were still on their way.
    if (wireCode === 'unknown_transfer' && this.#ack === undefined && this.#settings.start.caps !== undefined) return;
    const isAboutPlace = wireCode === 'crc_mismatch' || wireCode === 'chunk_out_of_order' || wireCode === 'incomplete';
    if (!isAboutPlace || expectedChunk === undefined) this.#fail(error);
    else if (!this.#transmission.rewind(expectedChunk, wireCode === 'crc_mismatch')) this.#fail(error);
    else this.#isEndSent = false;
    this.#heard();
  }

  onComplete(message: Message): void {
    this.#guard(() => {
      const complete = checkedComplete(message);
      const isWhole = this.#isEndSent && complete.receivedBytes === this.#settings.start.fileSize;
      if (!isWhole) throw wireError('bad_message', 'the peer calls complete what is not', { transferId: this.transferId });
      this.#complete = complete;
    });
  }

  onCancel(): void {
    this.#settings.link.send(cancelledMessage(this.transferId));
    this.onCancelled();
  }

  onCancelled(): void {
    this.#fail(new FileTransferError('ERR_FILE_CANCELLED', 'the peer cancelled the transfer', { transferId: this.transferId }));
  }

  onWritable(): void {
    this.#wake?.();
  }

  onProgress(): void {
    this.#heard();
  }

  fail(error: FileTransferError, isTold: boolean): void {
    if (this.#failure !== undefined || this.#complete !== undefined) return;
    if (isTold) this.#settings.link.send(errorMessage(error));
    this.#fail(error);
  }

  onSweep(now: number): void {
    const { nextChunk, acknowledgedChunks } = this.#transmission;
    // The source is slow, and the peer owes nothing.
    if (this.#ack !== undefined && !this.#isEndSent && nextChunk === acknowledgedChunks) this.#heardAt = now;
    if (now - this.#heardAt <= this.#settings.stallTimeout) return;
    this.fail(wireError('stalled', 'the peer said nothing for too long', { transferId: this.transferId }), true);
  }

  async #begin(ack: StartAck): Promise<void> {
    const { start, link, windowBytes, source, hash } = this.#settings;
    const { transferId } = this;
    this.#caps = start.caps === undefined ? [] : (ack.caps ?? []);
    if (this.isBinary && (ack.handle === undefined || !start.caps?.includes('binary'))) throw wireError('bad_message', 'binary without a handle', { transferId });
    const { chunkSize, nextChunk } = placeOf(ack, start);
    this.handle = ack.handle;
    if (this.isBinary) link.switchToBinary();
    this.#transmission = new Transmission(start.fileSize, chunkSize, Math.min(windowBytes, ack.window ?? Infinity), nextChunk);
    this.#resumedFrom = this.#transmission.acknowledgedBytes;
    this.#shelf = new BufferShelf(DATA_PREFIX_BYTES + Math.min(chunkSize, start.fileSize));
    this.#chunks = new ChunkWriter(link, { transferId, chunkSize, handle: this.isBinary ? ack.handle : undefined, isChecked: this.#caps.includes('crc32') });
    this.#settings.onReady(this.#caps, this.#resumedFrom);
    await this.#checkTail(ack);
    hash?.follow((buffer, length, position) => source.read(buffer, 0, length, position), () => this.#sentBytes());
    if (!source.isSeekable) await hash?.caughtUp();
    source.release(this.#resumedFrom);
  }

  /** Whether what the peer has is what stands here. Another source would be found out at the end only. */
  async #checkTail({ tail }: StartAck): Promise<void> {
    const { source } = this.#settings;
    if (tail === undefined || !source.isSeekable || tail.length > this.#resumedFrom) return;
    const buffer = Buffer.allocUnsafeSlow(Math.min(tail.length, 1024 * 1024));
    const length = await source.read(buffer, 0, buffer.length, tail.offset);
    if (tail.length > buffer.length || (length === tail.length && crc32(buffer.subarray(0, length)) === tail.crc32)) return;
    throw wireError('changed', 'the source is not what was sent before', { transferId: this.transferId });
  }

  #sentBytes(): number {
    return Math.min(this.#settings.start.fileSize, this.#transmission.nextChunk * this.#transmission.chunkSize);
  }

  async #step(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#transmission.isAllSent) {
      if (!this.#isEndSent) await this.#sendEnd();
      else await this.#signal();
    } else if (!this.#transmission.hasWindow || this.#settings.link.isFull) {
      await this.#signal();
    } else {
      await this.#sendChunk(this.#transmission.nextChunk);
    }
  }

  async #sendChunk(index: number): Promise<void> {
    const { source, hash } = this.#settings;
    const { buffer, read } = this.#takeAhead(index);
    const length = await read;
    if (length !== this.#transmission.lengthOf(index)) throw wireError('changed', 'the source has become shorter', { transferId: this.transferId });
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#transmission.nextChunk !== index) {
      this.#shelf.putBack(buffer);
      return;
    }
    this.#transmission.sent();
    // The disk works while we do.
    if (!this.#transmission.isAllSent && source.isSeekable) this.#readAhead(this.#transmission.nextChunk);
    const bytes = buffer.subarray(DATA_PREFIX_BYTES, DATA_PREFIX_BYTES + length);
    hash?.update(bytes, index * this.#transmission.chunkSize);
    this.#chunks.write(index, buffer, bytes, this.#shelf);
  }

  #takeAhead(index: number): Ahead {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.index === index) return ahead;
    if (ahead !== undefined) void ahead.read.catch(() => {}).then(() => this.#shelf.putBack(ahead.buffer));
    this.#readAhead(index);
    const fresh = this.#ahead as unknown as Ahead;
    this.#ahead = undefined;
    return fresh;
  }

  #readAhead(index: number): void {
    const buffer = this.#shelf.take();
    const { chunkSize } = this.#transmission;
    const read = this.#settings.source.read(buffer, DATA_PREFIX_BYTES, this.#transmission.lengthOf(index), index * chunkSize);
    read.catch(() => {});
    this.#ahead = { index, buffer, read };
  }

  async #sendEnd(): Promise<void> {
    const { source, hash, link, start } = this.#settings;
    if (await source.hasChanged()) throw wireError('changed', 'the source changed while it was sent', { transferId: this.transferId });
    const sha256 = this.#caps.includes('sha256') ? await hash?.peek(start.fileSize) : undefined;
    if (this.#failure !== undefined || !this.#transmission.isAllSent) return;
    this.#isEndSent = true;
    this.#heard();
    link.send(endMessage(this.transferId, sha256));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(asTransferError(error, this.transferId));
    }
    this.#heard();
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#wake?.();
  }

  #fail(error: FileTransferError): void {
    if (this.#complete !== undefined) return;
    this.#failure ??= error;
    this.#wake?.();
  }

  /** Until something has come. */
  async #signal(): Promise<void> {
    this.#throwFailure();
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
