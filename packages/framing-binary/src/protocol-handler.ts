// Binary messages over one connection. Bytes come in by the socket's `'data'`, messages go up by event, overridden method or
// iterator; messages come in by `sendBinaryMessage`, bytes go down by `write`. Heartbeats are answered, and sent where asked
// for. It never throws out of an event of the socket: a peer can end its own connection and nothing more.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';
import { FramedConnection } from '@verb-tcp/socket/framing';
import { FrameError } from './errors.js';
import type { BinaryProtocolEvents } from './events.js';
import { DATA, FILE_TRANSFER, HEARTBEAT, isControl, PONG, type BinaryMessage } from './frame.js';
import { Heartbeat } from './heartbeat.js';
import { createInbox } from './inbox.js';
import { resolveBinaryProtocolOptions, type BinaryProtocolOptions } from './options.js';
import { Sender } from './sender.js';

const NO_PAYLOAD = Buffer.alloc(0);
const PONG_PAYLOAD = Buffer.from('pong');
const MESSAGE_EVENTS: ReadonlySet<string> = new Set(['message', 'heartbeat', 'pong', 'data', 'fileTransfer', 'unknown']);

/**
 * Sends and receives typed binary messages over a socket, each behind a header of eight bytes: type, length, flags.
 *
 * @example
 * const handler = new BinaryProtocolHandler(socket);
 * handler.on('data', ({ payload }) => handler.sendBinaryMessage(0x10, payload));
 */
export class BinaryProtocolHandler extends EventEmitter<BinaryProtocolEvents> {
  readonly #socket: TCPSocket;
  readonly #connection: FramedConnection<BinaryMessage, BinaryMessage>;
  readonly #sender: Sender;
  readonly #heartbeat: Heartbeat;
  /** A subclass takes messages by method: somebody always listens. */
  readonly #isOverridden: boolean;
  /** A heartbeat came while the peer read nothing: one answer will do for all of them. */
  #owesPong = false;

  /**
   * Takes over the reading of `socket`, which begins to flow if it was paused. Messages wait until somebody takes them.
   *
   * @throws {FrameError} `ERR_FRAME_TEXT_MODE` if `setEncoding` was called.
   * @throws RangeError for an option out of range.
   */
  constructor(socket: TCPSocket, options: BinaryProtocolOptions = {}) {
    super({ captureRejections: true });
    const resolved = resolveBinaryProtocolOptions(options);
    if (socket.readableEncoding !== null) throw textModeError(socket);
    const { heartbeatInterval, heartbeatTimeout, messageTimeout } = resolved;
    this.#isOverridden =
      this.handleBinaryMessage !== BinaryProtocolHandler.prototype.handleBinaryMessage ||
      this.processDataMessage !== BinaryProtocolHandler.prototype.processDataMessage ||
      this.handleFileTransfer !== BinaryProtocolHandler.prototype.handleFileTransfer;
    this.#socket = socket;
    this.#sender = new Sender(socket, resolved);
    this.#heartbeat = new Heartbeat(socket, heartbeatInterval, heartbeatTimeout, {
      onBeat: () => this.#beat(),
      onDead: (silentFor) => this.#connection.fail(deadError(silentFor)),
    });
    const inbox = createInbox(resolved);
    this.#connection = new FramedConnection<BinaryMessage, BinaryMessage>(socket, this, { inbox, messageTimeout }, {
      isMessageEvent: (event) => MESSAGE_EVENTS.has(event),
      hasListener: () => this.#hasListener(),
      isControl: (message) => isControl(message),
      deliver: (message) => this.#deliver(message),
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => this.#heartbeat.stop(),
      onDrain: () => this.#onDrain(),
      onRelease: (error) => this.#onRelease(error),
      createError: (code, text, facts) => new FrameError(code, text, facts),
    });
    // An async listener that rejects is the same as one that throws.
    this[EventEmitter.captureRejectionSymbol] = (thrown: Error, ...[event]: unknown[]) =>
      this.#connection.onThrown(thrown, String(event));
    this.#heartbeat.start();
    this.#connection.attach();
  }

  /**
   * Decodes bytes as if they had come from the socket; the handler calls it for what does. The bytes are read in place, and
   * payloads may be views of them: leave them unchanged.
   */
  handleBinaryData(chunk: Uint8Array): void {
    if (!this.#connection.isOpen) return;
    this.#heartbeat.heard();
    this.#connection.push(chunk);
  }

  /**
   * What is done with one message: a heartbeat is answered, and each type has its event. A subclass that overrides it gets
   * every message; what it does not pass on to `super` has no event of its type, and no answer. What it throws, or rejects
   * with, ends the connection and nothing else.
   */
  handleBinaryMessage(message: BinaryMessage): void | Promise<void> {
    switch (message.type) {
      case HEARTBEAT:
        this.#answerHeartbeat();
        super.emit('heartbeat', message);
        return;
      case PONG:
        super.emit('pong', message);
        return;
      case DATA:
        return this.processDataMessage(message.payload, message);
      case FILE_TRANSFER:
        return this.handleFileTransfer(message.payload, message);
      default:
        super.emit('unknown', message);
    }
  }

  /** What is done with a data message (0x10): its event. A subclass that overrides it gets its payload. */
  processDataMessage(payload: Buffer, message: BinaryMessage): void | Promise<void> {
    void payload;
    super.emit('data', message);
  }

  /** What is done with a file transfer message (0x20): its event. A subclass that overrides it gets its payload. */
  handleFileTransfer(payload: Buffer, message: BinaryMessage): void | Promise<void> {
    void payload;
    super.emit('fileTransfer', message);
  }

  /**
   * Sends one message. `false`: it is queued all the same, but wait for `'drain'`, and race that wait against `'close'`. A
   * payload below `copyBelowBytes` is copied; a longer one goes by reference: leave it unchanged, or use `send`, which
   * tells when it has left.
   *
   * Once the connection cannot be written to, it is `false` with an `'error'` of `ERR_FRAME_CLOSED` and nothing thrown, for
   * it is the peer who decides when that begins.
   *
   * @throws RangeError If `type` or `flags` is no integer from 0 to 65535. @throws TypeError If `payload` is no `Uint8Array`.
   * @throws {FrameError} `ERR_FRAME_TOO_LARGE`, `ERR_FRAME_UNKNOWN_TYPE`, `ERR_FRAME_RESERVED_FLAGS`: nothing was written.
   */
  sendBinaryMessage(type: number, payload: Uint8Array, flags = 0): boolean {
    this.#sender.check(type, payload, flags);
    if (this.#sender.isOpen) return this.#sender.send(type, payload, flags);
    this.#connection.refuseToSend();
    return false;
  }

  /**
   * Sends one message and settles when the socket is below its mark (behind an `end` of yours: when it has left); for a
   * payload of `copyBelowBytes` or more, when it has left, so that you may use it again. Rejects with what
   * `sendBinaryMessage` throws, and with `ERR_FRAME_CLOSED` where the connection ends first. Await it to know: unawaited it
   * is silent, never an unhandled rejection, since what is sent back may be a peer's choice.
   */
  send(type: number, payload: Uint8Array, flags = 0): Promise<void> {
    let error: Error;
    try {
      this.#sender.check(type, payload, flags);
      if (this.#sender.isOpen) return this.#sender.sendAndWait(type, payload, flags);
      error = this.#connection.closedError();
    } catch (thrown) {
      error = thrown as Error;
    }
    const refused = Promise.reject<void>(error);
    refused.catch(() => {});
    return refused;
  }

  /**
   * The messages, with back-pressure: the socket is paused while 64 of them, or `maxPayloadBytes`, wait to be asked for.
   * Heartbeats and their answers are not among them: they have their events. Ends when the peer ends; throws what ended the
   * connection, after the messages before it. Leaving the loop leaves the connection as it is. Gets nothing while a
   * `message`, `data`, `fileTransfer` or `unknown` listener is attached, or a method is overridden.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<BinaryMessage> {
    return this.#connection.iterate();
  }

  /**
   * Stops, for an upgrade to another protocol: lets go of the socket, which stays paused, and gives the bytes of all that
   * was not given as a message. They are put back in front of what the socket still has, where it can take them (it has
   * not ended): read them there or here, not both. What was sent is on its way. No event follows; have an `'error'`
   * listener on the socket.
   */
  detach(): Uint8Array {
    return this.#connection.detach();
  }

  /** As in Node. What waits still finds the next listener. */
  override removeAllListeners(...events: [event?: string | symbol]): this {
    super.removeAllListeners(...(events as []));
    this.#connection.watchListeners();
    return this;
  }

  #onData(chunk: Uint8Array | string): void {
    if (typeof chunk === 'string') this.#connection.fail(textModeError(this.#socket));
    else this.handleBinaryData(chunk);
  }

  #hasListener(): boolean {
    return (
      this.#isOverridden ||
      this.listenerCount('message') > 0 ||
      this.listenerCount('data') > 0 ||
      this.listenerCount('fileTransfer') > 0 ||
      this.listenerCount('unknown') > 0
    );
  }

  #deliver(message: BinaryMessage): void {
    super.emit('message', message);
    // A listener may have detached, or ended the connection: the message was given, and nothing more is done with it.
    if (!this.#connection.isOpen || this.#socket.destroyed) return;
    // An overridden method that is `async` is a listener like any other.
    const done = this.handleBinaryMessage(message);
    if (done instanceof Promise) done.catch((thrown: unknown) => this.#connection.onThrown(thrown, 'message'));
  }

  /** A peer that asks and never reads the answers must not fill our memory with them. */
  #answerHeartbeat(): void {
    if (!this.#sender.isOpen) return;
    this.#owesPong = this.#socket.writableNeedDrain;
    if (!this.#owesPong) this.#sender.send(PONG, PONG_PAYLOAD, 0);
  }

  #beat(): void {
    if (!this.#sender.isOpen) this.#heartbeat.stop();
    // Bytes that wait would be heard first, and prove as much.
    else if (this.#socket.writableLength === 0) this.#sender.send(HEARTBEAT, NO_PAYLOAD, 0);
  }

  #onDrain(): void {
    if (this.#owesPong) this.#answerHeartbeat();
    this.#sender.drained();
    this.#connection.emit('drain');
  }

  #onRelease(error: Error | undefined): void {
    this.#heartbeat.stop();
    this.#sender.close(error);
  }
}

function textModeError({ readableEncoding }: TCPSocket): FrameError {
  const text = `socket gives text as ${readableEncoding ?? 'utf8'}; only bytes can be framed: do not call setEncoding`;
  return new FrameError('ERR_FRAME_TEXT_MODE', text);
}

function deadError(silentFor: number): FrameError {
  return new FrameError('ERR_FRAME_HEARTBEAT_TIMEOUT', `the peer is dead: no byte came for ${Math.round(silentFor)} ms`);
}
