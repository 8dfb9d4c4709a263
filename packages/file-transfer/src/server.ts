// The server: connections come in, by `attach` or message by message, and files are put into one folder and fetched from it. It
// listens nowhere and frames nothing itself.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';
import type { TransfersOwner } from './admission.js';
import { Downloads } from './downloads.js';
import { nodeFileSystem } from './disk.js';
import { FileTransferError, handlerFailed, wireError } from './errors.js';
import type { CompletedTransfer, TCPFileTransferServerEvents, TransferInfo } from './events.js';
import { isSocket } from './is-socket.js';
import type { Message } from './messages.js';
import { resolveTCPFileTransferServerOptions, type ResolvedServerOptions, type TCPFileTransferServerOptions } from './options.js';
import { ReceivingStore } from './receiving-store.js';
import { Session, type SessionOwner } from './session.js';
import { Uploads } from './uploads.js';

const CLEANUP_INTERVAL = 3_600_000;
const MAX_SWEEP_INTERVAL = 5000;

/**
 * Receives files into a folder, whole, checked and never over another, and gives them out where that is allowed.
 *
 * @example
 * const files = new TCPFileTransferServer('./uploads', { allowDownload: true });
 * createServer((socket) => files.attach(socket)).listen(8082);
 */
export class TCPFileTransferServer extends EventEmitter<TCPFileTransferServerEvents> {
  readonly #options: ResolvedServerOptions;
  readonly #store: ReceivingStore;
  readonly #uploads: Uploads;
  readonly #downloads: Downloads;
  readonly #sessions = new Map<TCPSocket, Session>();
  /** Bytes of messages that were handed over and not taken up yet, by socket. */
  readonly #turns = new WeakMap<TCPSocket, { last: Promise<void>; pendingBytes: number }>();
  readonly #owner: TransfersOwner & SessionOwner = this.#makeOwner();
  #timer: NodeJS.Timeout | undefined;
  #cleanupTimer: NodeJS.Timeout;
  #isClosing = false;

  /**
   * @param uploadDir The folder; made where it is missing. `.incoming` in it is the server's.
   * @throws RangeError or TypeError for an option that cannot be.
   */
  constructor(uploadDir = './uploads', options: TCPFileTransferServerOptions = {}) {
    super({ captureRejections: true });
    if (typeof uploadDir !== 'string' || uploadDir === '') throw new TypeError('uploadDir must be the path of a folder');
    this.#options = resolveTCPFileTransferServerOptions(options);
    this.#store = new ReceivingStore(this.#options.fileSystem ?? nodeFileSystem, uploadDir, this.#options, () => this.#uploads.missingBytes);
    this.#uploads = new Uploads(this.#options, this.#store, this.#owner);
    this.#downloads = new Downloads(this.#options, this.#store, this.#uploads, this.#owner);
    this[EventEmitter.captureRejectionSymbol] = (cause: unknown, ...[event]: unknown[]) => this.#onHandlerFailed(String(event), cause);
    // What an earlier process has left is looked at once now; a folder that cannot be made is told to whoever uploads.
    this.#store.incoming.sweep().catch(() => {});
    this.#cleanupTimer = setInterval(() => void this.cleanup().catch(() => {}), CLEANUP_INTERVAL).unref();
  }

  /**
   * Serves one message of a connection whose framing is yours: `file_start`, `file_chunk`, `file_end` and the rest. Answers are
   * written to the socket by `encode`. Await it before you read on: more than `maxPendingBytes` that were handed over and are not
   * taken up yet end the transfer. Never rejects for what a peer sends.
   */
  handleFileTransfer(socket: TCPSocket, message: unknown): Promise<void> {
    if (!isSocket(socket)) throw new TypeError('socket must be a TCPSocket');
    if (this.#isClosing || socket.destroyed) return Promise.resolve();
    const session = this.#sessions.get(socket) ?? this.#open(socket, false);
    const turn = this.#turns.get(socket) ?? { last: Promise.resolve(), pendingBytes: 0 };
    this.#turns.set(socket, turn);
    const bytes = sizeOf(message);
    turn.pendingBytes += bytes;
    if (turn.pendingBytes > Math.max(this.#options.maxPendingBytes, 2 * bytes)) {
      turn.pendingBytes -= bytes;
      this.#overrun(session, message);
      return turn.last;
    }
    turn.last = turn.last.then(() => session.take(message)).then(() => void (turn.pendingBytes -= bytes));
    return turn.last;
  }

  /**
   * Serves a connection: reads from it, frames it, answers. The socket is the server's until it closes; behind `close` it is
   * destroyed.
   * @throws TypeError for what is no socket.
   */
  attach(socket: TCPSocket): void {
    if (!isSocket(socket)) throw new TypeError('socket must be a TCPSocket');
    if (this.#sessions.has(socket)) throw new TypeError('this socket is served already');
    if (socket.destroyed) return;
    // A peer may end its side behind its last message: what it sent is answered, and then we end ours.
    if ('allowHalfOpen' in socket) socket.allowHalfOpen = true;
    if (this.#isClosing) socket.destroy();
    else this.#open(socket, true);
  }

  /** Removes parts that are too old, now; by itself it does so at the beginning and each hour. How many files went. */
  cleanup(): Promise<number> {
    return this.#store.incoming.sweep();
  }

  /**
   * Ends: transfers get `shutting_down` and can be resumed, what is being published is, sockets that were attached are ended.
   * Settles when nothing is open any more.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#cleanupTimer);
    for (const session of this.#sessions.values()) {
      session.close(wireError('shutting_down', 'the server is closing'));
      if (session.isReading) session.socket.end().resume();
    }
    await Promise.all([this.#uploads.settled(), this.#downloads.settled()]);
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(socket: TCPSocket, isReading: boolean): Session {
    const { maxChunkSize, encode } = this.#options;
    const session = new Session(socket, this.#owner, { maxChunkSize, isReading, encode });
    this.#sessions.set(socket, session);
    const interval = Math.max(1, Math.min(MAX_SWEEP_INTERVAL, this.#options.stallTimeout / 4));
    this.#timer ??= setInterval(() => this.#sweep(), interval).unref();
    return session;
  }

  #sweep(): void {
    const now = performance.now();
    for (const session of this.#sessions.values()) session.sweep(now);
  }

  #overrun(session: Session, message: unknown): void {
    const { transferId } = message as { transferId?: unknown };
    const receiver = typeof transferId === 'string' ? session.receivers.get(transferId) : undefined;
    receiver?.fail(wireError('too_much_pending', 'messages come faster than they are taken', { transferId: receiver.transferId }), true);
  }

  #makeOwner(): TransfersOwner & SessionOwner {
    // eslint-disable-next-line typescript/no-this-alias
    const server = this;
    return {
      get isClosing() {
        return server.#isClosing;
      },
      countTransfers: () => this.#uploads.count + this.#downloads.count,
      tell: (event: 'start' | 'progress', info: TransferInfo) => this.#tell(event, info),
      tellComplete: (info: CompletedTransfer) => this.#tell('complete', info),
      tellError: (error: FileTransferError, info?: TransferInfo) => this.#tellError(error, info),
      onIdle: () => {},
      onStart: (session: Session, message: Message) => this.#uploads.start(session, message),
      onGet: (session: Session, message: Message) => this.#downloads.get(session, message),
      onList: (session: Session, message: Message) => this.#downloads.list(session, message),
      onListResult: () => {},
      onPeerError: () => {},
      // Chunks that follow a transfer that has ended are no news.
      onFault: (session: Session, error: FileTransferError) => error.wireCode === 'unknown_transfer' || this.#tellError(error, undefined, session.socket),
      onClosed: (session: Session) => this.#onClosed(session),
    };
  }

  #onClosed(session: Session): void {
    if (this.#sessions.get(session.socket) === session) this.#sessions.delete(session.socket);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tell(event: 'start' | 'progress' | 'complete', info: TransferInfo | CompletedTransfer): void {
    try {
      this.emit(event, ...([info] as [CompletedTransfer]));
    } catch (cause) {
      this.#onHandlerFailed(event, cause);
    }
  }

  #tellError(error: FileTransferError, info?: TransferInfo, socket: TCPSocket | undefined = info?.socket): void {
    if (this.listenerCount('error') === 0) return;
    try {
      // The peer is told that it may not; here it is told why: what was asked has thrown.
      this.emit('error', error.cause instanceof FileTransferError ? error.cause : error, info, socket);
    } catch (cause) {
      this.#warn('error', cause);
    }
  }

  #onHandlerFailed(event: string, cause: unknown): void {
    if (event === 'error' || this.listenerCount('error') === 0) this.#warn(event, cause);
    else this.#tellError(handlerFailed(`a listener of '${event}'`, cause));
  }

  #warn(event: string, cause: unknown): void {
    process.emitWarning(`a listener of '${event}' threw: ${String(cause)}`, 'FileTransferWarning');
  }
}

function sizeOf(message: unknown): number {
  const { data } = (message ?? {}) as { data?: unknown };
  return typeof data === 'string' ? data.length : 0;
}
