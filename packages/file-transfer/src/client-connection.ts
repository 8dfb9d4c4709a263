// The client's end of one connection after another: the session that is open now, or a new one where the client was given a
// function that dials; and what waits for an answer on it.
import type { TCPSocket } from '@verb-tcp/socket';
import { encodeMessage } from '@verb-tcp/socket/message';
import { checkedTransferId, checkedListResult } from './checked-message.js';
import { asTransferError, closedError, FileTransferError, wireError } from './errors.js';
import type { FileEntry } from './events.js';
import { isSocket } from './is-socket.js';
import type { Message } from './messages.js';
import { Session, type SessionOwner } from './session.js';

const MAX_CHUNK_SIZE = 64 * 1024 * 1024;
const MAX_SWEEP_INTERVAL = 5000;

/** A connection, or what makes one, each time that one is needed. */
export type Connection = TCPSocket | (() => TCPSocket | Promise<TCPSocket>);

/** Somebody who has asked for something. */
export interface Waiting {
  /** A file that was asked for begins. */
  onStart?(session: Session, message: Message): Promise<void>;
  onList?(page: { files: FileEntry[]; cursor: string | undefined }): void;
  onError(error: FileTransferError): void;
  since: number;
}

export class ClientConnection implements SessionOwner {
  readonly #connection: Connection;
  readonly #stallTimeout: number;
  /** By the id of the transfer or of the request. */
  readonly #waiting = new Map<string, Waiting>();
  #session: Session | undefined;
  #dialling: Promise<Session> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How the last connection went. */
  #loss: FileTransferError | undefined;
  /** Those that wait before they try again. */
  readonly #pauses = new Set<() => void>();
  #isClosed = false;

  constructor(connection: Connection, stallTimeout: number) {
    this.#connection = connection;
    this.#stallTimeout = stallTimeout;
    if (typeof connection !== 'function') this.#session = this.#open(connection);
  }

  /** Whether another connection can be made when one is lost. */
  get canDial(): boolean {
    return typeof this.#connection === 'function' && !this.#isClosed;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws {FileTransferError} `ERR_FILE_CLOSED` */
  async session(): Promise<Session> {
    if (this.#isClosed) throw new FileTransferError('ERR_FILE_CLOSED', 'the client is closed');
    if (this.#session !== undefined && !this.#session.isClosed && this.#session.socket.writable) return this.#session;
    if (typeof this.#connection !== 'function') {
      const { errored } = this.#connection as { errored?: unknown };
      throw closedError(this.#loss?.cause ?? errored ?? undefined);
    }
    this.#dialling ??= this.#dial(this.#connection).finally(() => (this.#dialling = undefined));
    return this.#dialling;
  }

  /** Waits for an answer that names this id. */
  wait(id: string, waiting: Waiting): void {
    this.#waiting.set(id, waiting);
  }

  stopWaiting(id: string): void {
    this.#waiting.delete(id);
  }

  /** Lets this connection go, so that the next try gets another. */
  abandon(session: Session): void {
    if (!this.canDial) return;
    session.close(new FileTransferError('ERR_FILE_CLOSED', 'the connection was given up'));
    session.socket.destroy();
  }

  /** Settles after so many milliseconds, and at once when `signal` aborts or the client is closed. */
  pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pauses.delete(end);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#pauses.add(end);
      signal?.addEventListener('abort', end);
      if (this.#isClosed || signal?.aborted) end();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#pauses) end();
    const session = this.#session;
    session?.close(new FileTransferError('ERR_FILE_CLOSED', 'the client was closed'));
    session?.socket.end().resume();
    this.#stopTimer();
  }

  async onStart(session: Session, message: Message): Promise<void> {
    const transferId = checkedTransferId(message);
    const waiting = this.#waiting.get(transferId);
    if (waiting?.onStart === undefined) throw wireError('not_allowed', 'nobody asked for that file', { transferId });
    this.#waiting.delete(transferId);
    await waiting.onStart(session, message).catch((error: unknown) => {
      const known = asTransferError(error, transferId);
      session.sendError(known);
      waiting.onError(known);
    });
  }

  onGet(_session: Session, message: Message): void {
    throw wireError('not_allowed', 'not allowed', { transferId: checkedTransferId(message) });
  }

  onList(): void {
    throw wireError('not_allowed', 'not allowed');
  }

  onListResult(_session: Session, message: Message): void {
    const { requestId, files, cursor } = checkedListResult(message);
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    waiting?.onList?.({ files, cursor });
  }

  onPeerError(_session: Session, error: FileTransferError): void {
    for (const [id, waiting] of this.#waiting) {
      if (error.transferId !== undefined && error.transferId !== id) continue;
      // Answers to what an earlier try had sent.
      if (error.wireCode === 'unknown_transfer') continue;
      this.#waiting.delete(id);
      waiting.onError(error);
    }
  }

  /** The peer was told, and the connection is its to mend. */
  onFault(): void {}

  onClosed(session: Session, error: FileTransferError): void {
    if (this.#session !== session) return;
    this.#loss = error;
    for (const waiting of this.#waiting.values()) waiting.onError(error);
    this.#waiting.clear();
    this.#stopTimer();
  }

  async #dial(connect: () => TCPSocket | Promise<TCPSocket>): Promise<Session> {
    let socket: TCPSocket;
    try {
      socket = await connect();
    } catch (cause) {
      throw closedError(cause);
    }
    if (!isSocket(socket)) throw new TypeError('the function must give a TCPSocket');
    if (this.#isClosed) {
      socket.destroy();
      throw new FileTransferError('ERR_FILE_CLOSED', 'the client is closed');
    }
    this.#session = this.#open(socket);
    return this.#session;
  }

  #open(socket: TCPSocket): Session {
    const session = new Session(socket, this, { maxChunkSize: MAX_CHUNK_SIZE, isReading: true, encode: encodeMessage });
    this.#stopTimer();
    const interval = Math.max(1, Math.min(MAX_SWEEP_INTERVAL, this.#stallTimeout / 4));
    this.#timer = setInterval(() => this.#sweep(session), interval).unref();
    return session;
  }

  #sweep(session: Session): void {
    const now = performance.now();
    session.sweep(now);
    for (const [id, waiting] of this.#waiting) {
      if (now - waiting.since <= this.#stallTimeout) continue;
      this.#waiting.delete(id);
      waiting.onError(wireError('stalled', 'the peer said nothing for too long', { transferId: id }));
    }
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
