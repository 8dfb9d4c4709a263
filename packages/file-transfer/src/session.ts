// One connection: bytes in, each message to the transfer that it is about, and answers out. Messages are taken one after the
// other, and while one waits, for the disk or for a peer that does not take its answers, the socket is not read from. A transfer
// is known by its id on this connection only.
import { corkForTurn } from '@verb-tcp/socket/bytes';
import { encodeMessage, type MessageEncoder } from '@verb-tcp/socket/message';
import type { TCPSocket } from '@verb-tcp/socket';
import { controlFrame } from './binary-frame.js';
import { checkedEnd, checkedMessage, checkedTransferId, peerError } from './checked-message.js';
import { ChunkIntake } from './chunk-intake.js';
import { asTransferError, closedError, FileTransferError, withTransferId, wireError, wireWords } from './errors.js';
import type { ReceivingTransfer, SendingTransfer, TransferLink } from './link.js';
import { cancelMessage, errorMessage, type Message } from './messages.js';
import { objectChunk } from './object-chunk.js';
import { tellSender } from './sender-news.js';
import { WireReader } from './wire-reader.js';

const MAX_BAD_MESSAGES = 16;
/** Gathered over a turn. */
const SMALL_BYTES = 4096;
const MAX_ANSWERS_BYTES = 8 * 1024 * 1024;
/** Handed to the socket and not taken by the system yet: while it sends these, the next chunk is read and hashed. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** What is done about messages that begin something. */
export interface SessionOwner {
  onStart(session: Session, message: Message): void | Promise<void>;
  onGet(session: Session, message: Message): void | Promise<void>;
  onList(session: Session, message: Message): void | Promise<void>;
  onListResult(session: Session, message: Message): void;
  /** An `error` that is about no transfer of this connection. */
  onPeerError(session: Session, error: FileTransferError): void;
  /** The peer was told that a message of it cannot be taken. */
  onFault(session: Session, error: FileTransferError): void;
  onClosed(session: Session, error: FileTransferError): void;
}

export interface SessionSettings {
  readonly maxChunkSize: number;
  /** Whether it reads from the socket itself. */
  readonly isReading: boolean;
  readonly encode: MessageEncoder;
}

export class Session implements TransferLink {
  readonly socket: TCPSocket;
  readonly receivers: Map<string, ReceivingTransfer> = new Map();
  readonly senders: Map<string, SendingTransfer> = new Map();
  /** Ids of transfers that are being made ready. */
  readonly starting: Set<string> = new Set();
  isBinary = false;
  readonly isReading: boolean;
  readonly #owner: SessionOwner;
  readonly #encode: MessageEncoder;
  readonly #reader: WireReader;
  readonly #chunks: ChunkIntake = new ChunkIntake(this.receivers, (error) => this.sendError(error));
  #badMessages = 0;
  #isPumping = false;
  #isClosed = false;
  #hasEnded = false;
  #failure: unknown;
  #writable: (() => void)[] = [];

  constructor(socket: TCPSocket, owner: SessionOwner, { maxChunkSize, isReading, encode }: SessionSettings) {
    this.socket = socket;
    this.#owner = owner;
    this.#encode = isReading ? encodeMessage : encode;
    this.isReading = isReading;
    this.#reader = new WireReader(maxChunkSize);
    // An answer that waits for the acknowledgement of the one before costs 40 ms; what belongs together is corked.
    socket.setNoDelay(true);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
    if (!isReading) return;
    socket.on('end', this.#onEnd);
    socket.on('data', this.#onData);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isFull(): boolean {
    return this.socket.writableNeedDrain && this.socket.writableLength >= MAX_QUEUED_BYTES;
  }

  get canBeBinary(): boolean {
    return this.isReading && this.socket.readableEncoding === null;
  }

  get transfers(): number {
    return this.receivers.size + this.senders.size + this.starting.size;
  }

  /** A number for binary frames that no transfer of this connection has had. */
  nextHandle(): number {
    return this.#chunks.nextHandle();
  }

  allowBinary(): void {
    this.#reader.isBinaryAllowed = true;
  }

  switchToBinary(): void {
    this.isBinary = true;
    this.#reader.isBinaryAllowed = true;
  }

  send(message: Message): void {
    if (!this.socket.writable) return;
    corkForTurn(this.socket);
    this.socket.write(this.isBinary ? controlFrame(JSON.stringify(message)) : this.#encode(message));
  }

  write(bytes: Uint8Array, callback?: () => void): void {
    if (!this.socket.writable) return;
    // Acknowledgements come four at a time.
    if (bytes.length < SMALL_BYTES) corkForTurn(this.socket);
    this.socket.write(bytes, callback);
  }

  sendError(error: FileTransferError): void {
    if (error.wireCode !== undefined) this.send(errorMessage(error));
    else if (error.transferId !== undefined) this.send(cancelMessage(error.transferId));
    if (error.wireCode === 'bad_message' && ++this.#badMessages >= MAX_BAD_MESSAGES) this.socket.end();
  }

  /** One message, however it came. Never rejects. */
  async take(message: unknown): Promise<void> {
    try {
      await this.#dispatch(message);
    } catch (error) {
      this.#refuse(asTransferError(error, undefined));
    }
  }

  /** Takes its listeners off; transfers end with this. */
  close(error: FileTransferError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { socket } = this;
    const isTold = error.code !== 'ERR_FILE_CLOSED';
    for (const transfer of [...this.receivers.values(), ...this.senders.values()]) transfer.fail(withTransferId(error, transfer.transferId), isTold);
    if (this.isReading) socket.off('data', this.#onData).off('end', this.#onEnd);
    socket.off('drain', this.#onDrain).off('close', this.#onClose);
    if (socket.destroyed) socket.off('error', this.#onError);
    this.#onDrain();
    this.#owner.onClosed(this, error);
  }

  /** For a peer that moves nothing. */
  sweep(now: number): void {
    for (const transfer of [...this.receivers.values(), ...this.senders.values()]) transfer.onSweep(now);
  }

  readonly #onData = (chunk: Buffer | string): void => {
    this.#reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (this.#isPumping) this.socket.pause();
    else void this.#pump();
  };

  readonly #onDrain = (): void => {
    const writable = this.#writable;
    this.#writable = [];
    for (const resolve of writable) resolve();
    for (const sender of this.senders.values()) sender.onWritable();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    // What was pipelined is answered first; then a peer that has finished gets our end.
    if (!this.#isPumping) this.#endWhenIdle();
  };

  /** `'close'` follows. The guard stays: a socket whose errors nobody hears would end the process. */
  readonly #onError = (error: unknown): void => void (this.#failure ??= error);

  readonly #onClose = (): void => this.close(closedError(this.#failure));

  /** While messages wait to be taken it is not idle: what a peer sent before its end counts. */
  endWhenIdle(): void {
    if (this.#hasEnded && this.isReading && !this.#isPumping) this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    // A peer that sends no more neither brings a file to its end nor acknowledges one; what is being published may end well.
    const error = new FileTransferError('ERR_FILE_CLOSED', 'the peer has finished');
    for (const transfer of [...this.receivers.values(), ...this.senders.values()]) transfer.fail(withTransferId(error, transfer.transferId), false);
    if (this.transfers === 0 && this.socket.writable) this.socket.end();
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    for (let item = this.#reader.next(); item !== undefined && !this.#isClosed; item = this.#reader.next()) {
      if (item.kind === 'chunk') {
        const waiting = this.#chunks.take(item.chunk);
        if (waiting !== undefined) await waiting;
      } else if (item.kind === 'head') {
        const room = this.#chunks.begin(item.head);
        this.#reader.fill(room instanceof Promise ? await room : room);
      } else if (item.kind === 'filled') {
        this.#chunks.end(item.head);
      } else if (item.kind === 'ack') {
        for (const sender of this.senders.values()) if (sender.handle === item.handle) sender.onAck(item.nextChunk);
      } else if (item.kind === 'message') {
        await this.take(item.message);
      } else if (item.kind === 'bad') {
        this.#refuse(wireError('bad_message', item.why));
      } else {
        this.#leave(item.why.replace('maxMessageBytes', 'the largest message'));
        return;
      }
      // A peer that does not take its answers gets no more of them.
      while (this.#isBehind() && !this.#isClosed) await this.#drained();
    }
    this.#isPumping = false;
    if (this.#isClosed) return;
    if (this.socket.isPaused()) this.socket.resume();
    if (this.#hasEnded) this.#endWhenIdle();
  }

  #refuse(error: FileTransferError): void {
    this.sendError(error);
    this.#owner.onFault(this, error);
  }

  /** No boundary is known any more. */
  #leave(why: string): void {
    this.#refuse(wireError('bad_message', why));
    this.socket.end();
    this.socket.off('data', this.#onData).on('data', () => {});
    this.socket.resume();
    this.close(new FileTransferError('ERR_FILE_CLOSED', `the peer speaks another protocol: ${why}`));
  }

  /** Where files are sent too, acknowledgements of the peer have to get through, up to a point. */
  #isBehind(): boolean {
    const { writableNeedDrain, writableLength } = this.socket;
    return writableNeedDrain && (this.senders.size === 0 || writableLength > MAX_ANSWERS_BYTES);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => this.#writable.push(resolve));
  }

  async #dispatch(input: unknown): Promise<void> {
    const message = checkedMessage(input);
    switch (message.type) {
      case 'file_start':
        return this.#owner.onStart(this, message);
      case 'file_chunk':
        return this.#chunks.take(objectChunk(message));
      case 'file_end': {
        const { transferId, sha256 } = checkedEnd(message);
        const receiver = this.receivers.get(transferId);
        if (receiver === undefined) throw unknown(transferId);
        return receiver.onEnd(sha256);
      }
      case 'file_cancel':
        return this.#onCancel(checkedTransferId(message));
      case 'file_get':
        return this.#owner.onGet(this, message);
      case 'file_list':
        return this.#owner.onList(this, message);
      case 'file_list_result':
        return this.#owner.onListResult(this, message);
      case 'error':
        return this.#onPeerError(message);
      default:
        return tellSender(this.senders, message);
    }
  }

  #onCancel(transferId: string): void {
    const transfer = this.receivers.get(transferId) ?? this.senders.get(transferId);
    if (transfer === undefined) throw unknown(transferId);
    transfer.onCancel();
  }

  #onPeerError(message: Message): void {
    const error = peerError(message, wireWords);
    const { transferId } = error;
    if (transferId === undefined) {
      // Documented peers do not say which: whoever waits is concerned.
      for (const sender of this.senders.values()) sender.onError(error);
      this.#owner.onPeerError(this, error);
      return;
    }
    const sender = this.senders.get(transferId);
    if (sender !== undefined) sender.onError(error);
    else if (this.receivers.has(transferId)) this.receivers.get(transferId)?.fail(error, false);
    else this.#owner.onPeerError(this, error);
  }
}

function unknown(transferId: string): FileTransferError {
  return wireError('unknown_transfer', 'Transfer not found', { transferId });
}
