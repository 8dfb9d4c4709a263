// JSON messages over one connection. Bytes come in by the socket's `'data'`, messages go up by event or iterator; messages
// come in by `sendMessage`, bytes go down by `write`. It owns the socket's reading side from construction to `detach`, and
// never throws out of an event of the socket: a peer can end its own connection and nothing more.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';
import { FrameError } from './errors.js';
import type { MessageHandlerEvents } from './events.js';
import { MessageDeadline } from './message-deadline.js';
import { resolveMessageHandlerOptions, type MessageHandlerOptions } from './options.js';
import { Receiver } from './receiver.js';
import { closedError, Sender } from './sender.js';
import { isTextReadable, textModeError, TextInput } from './text-mode.js';

const EMPTY = new Uint8Array(0);

/**
 * Sends and receives JSON messages over a socket, each framed as `<bytes in decimal>\n<JSON>`.
 *
 * @example
 * const handler = new MessageHandler(socket);
 * handler.on('message', (message) => handler.sendMessage({ echo: message }));
 */
export class MessageHandler<In = any, Out = any> extends EventEmitter<MessageHandlerEvents<In>> {
  readonly #socket: TCPSocket;
  readonly #receiver: Receiver<In>;
  readonly #sender: Sender<Out>;
  readonly #deadline: MessageDeadline;
  readonly #text = new TextInput();
  #state: 'open' | 'failed' | 'detached' | 'closed' = 'open';
  #error: Error | undefined;
  #isPaused = false;
  #isClosePending = false;

  /**
   * Takes over the reading of `socket`, which begins to flow if it was paused. Messages wait until somebody listens.
   *
   * @throws {FrameError} `ERR_FRAME_TEXT_MODE` if `setEncoding` was called with anything but `'utf8'`.
   * @throws RangeError for an option out of range.
   */
  constructor(socket: TCPSocket, options: MessageHandlerOptions<In, Out> = {}) {
    super({ captureRejections: true });
    const resolved = resolveMessageHandlerOptions(options);
    if (!isTextReadable(socket)) throw textModeError(socket);
    this.#socket = socket;
    this.#deadline = new MessageDeadline(resolved.messageTimeout, () => this.#onDeadline());
    this.#sender = new Sender(socket, resolved.maxMessageBytes, resolved.sendSchema, {
      onUnsent: (error) => this.#onUnsent(error),
      onDrain: () => this.#emit('drain'),
    });
    this.#receiver = new Receiver(resolved, {
      hasListener: () => this.listenerCount('message') > 0 && this.#isLive(),
      isLive: () => this.#isLive(),
      deliver: (message) => this.#deliver(message),
      onSkipped: (error) => this.#emit('error', error),
      onFatal: (error) => this.#fail(error),
      onSettled: () => this.#onSettled(),
    });
    // An async listener that rejects is the same as one that throws.
    this[EventEmitter.captureRejectionSymbol] = (thrown: Error, ...[event]: unknown[]) =>
      this.#onThrown(thrown, event === 'message' || event === 'drain');
    (this as EventEmitter).on('newListener', this.#onNewListener);
    this.#attach();
  }

  /**
   * Decodes bytes as if they had come from the socket; the handler calls it for what does. The bytes are read in place:
   * leave them unchanged. A string stands for its UTF-8.
   */
  handleData(chunk: Uint8Array | string): void {
    if (this.#state !== 'open') return;
    const bytes = typeof chunk === 'string' ? this.#text.toBytes(this.#socket, chunk) : chunk;
    if (bytes === undefined) this.#fail(textModeError(this.#socket));
    else this.#receiver.push(bytes);
  }

  /**
   * Sends one message. `false`: it is queued all the same, but wait for `'drain'`, and race that wait against `'close'`.
   * Once the connection cannot be written to, it is `false` with an `'error'` of `ERR_FRAME_CLOSED` and nothing thrown,
   * for it is the peer who decides when that begins.
   *
   * @throws {FrameError} `ERR_FRAME_NOT_SERIALIZABLE`, `ERR_FRAME_TOO_LARGE`, `ERR_FRAME_SCHEMA`: nothing was written.
   */
  sendMessage(message: Out): boolean {
    if (this.#sender.isOpen) return this.#sender.send(message);
    if (this.#state !== 'closed') this.#emit('error', closedError(this.#error));
    return false;
  }

  /**
   * Sends one message and settles when the socket is below its mark (behind an `end` of yours: when it has left). Rejects
   * with the codes that `sendMessage` throws, and with `ERR_FRAME_CLOSED` where the connection ends first. Await it to know:
   * unawaited it is silent, never an unhandled rejection, since what is sent back may be a peer's choice.
   */
  send(message: Out): Promise<void> {
    return this.#sender.sendAndWait(message, this.#error);
  }

  /**
   * The messages, with back-pressure: the socket is paused while 64 of them, or `maxMessageBytes`, wait to be asked for.
   * Ends when the peer ends; throws what ended the connection, after the messages before it. Leaving the loop leaves the
   * connection as it is. Gets nothing while a `message` listener is attached.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return this.#receiver.iterate();
  }

  /**
   * Stops, for an upgrade to another protocol: lets go of the socket, which stays paused, and gives the bytes of all that
   * was not given as a message. They are put back in front of what the socket still has, where it can take them (it has
   * not ended): read them there or here, not both. What was sent is on its way. No event follows; have an `'error'`
   * listener on the socket.
   */
  detach(): Uint8Array {
    if (this.#state !== 'open') return EMPTY;
    this.#state = 'detached';
    const socket = this.#socket;
    socket.pause();
    this.#release();
    const rest = this.#receiver.detach();
    this.#sender.close(undefined);
    if (rest.length > 0 && socket.readable) socket.unshift(rest);
    return rest;
  }

  /** As in Node. What waits still finds the next listener. */
  override removeAllListeners(...events: [event?: string | symbol]): this {
    super.removeAllListeners(...(events as []));
    (this as EventEmitter).off('newListener', this.#onNewListener).on('newListener', this.#onNewListener);
    return this;
  }

  #attach(): void {
    const socket = this.#socket;
    // First of all, and until `'close'`: an `'error'` without a listener ends the process.
    socket.on('error', this.#onSocketError);
    socket.on('close', this.#onSocketClose);
    socket.on('end', this.#onSocketEnd);
    socket.on('drain', this.#onSocketDrain);
    socket.on('data', this.#onSocketData);
    if (socket.isPaused()) socket.resume();
    if (socket.destroyed) {
      // Its `'close'` may be past, and then nothing else will tell.
      if ((socket as { closed?: boolean }).closed !== false) process.nextTick(this.#onSocketClose);
    } else if (!socket.readable) {
      this.#receiver.end();
    }
  }

  #release(): void {
    const socket = this.#socket;
    socket.off('data', this.#onSocketData);
    socket.off('drain', this.#onSocketDrain);
    socket.off('end', this.#onSocketEnd);
    socket.off('close', this.#onSocketClose);
    socket.off('error', this.#onSocketError);
    this.#deadline.stop();
  }

  readonly #onSocketData = (chunk: Uint8Array | string): void => this.handleData(chunk);

  readonly #onSocketEnd = (): void => {
    if (this.#state === 'open') this.#receiver.end();
  };

  readonly #onSocketDrain = (): void => this.#sender.drained();

  readonly #onSocketError = (error: Error): void => {
    this.#fail(this.#receiver.inbox.isInsideMessage ? this.#receiver.truncated(error) : error);
  };

  readonly #onSocketClose = (): void => {
    // A schema still at work on what came before a clean end has its say first.
    this.#isClosePending = this.#state === 'open' && this.#receiver.isValidating && this.#receiver.hasPeerEnded;
    if (!this.#isClosePending) this.#close();
  };

  #close(): void {
    if (this.#state === 'closed' || this.#state === 'detached') return;
    this.#isClosePending = false;
    if (this.#state === 'open') {
      // Behind a clean end, what still waits decides how it ends; behind a `destroy` of ours, nothing does.
      if (this.#receiver.hasPeerEnded) this.#receiver.raiseBlocked();
      else this.#receiver.fail(undefined);
    }
    this.#release();
    this.#state = 'closed';
    this.#sender.close(closedError(this.#error));
    this.#emit('close');
  }

  /** Ends the connection. What this turn has sent leaves first: it is corked until the turn ends. */
  #fail(error: Error): void {
    if (this.#state === 'open') {
      this.#state = 'failed';
      this.#error = error;
      this.#deadline.stop();
      this.#emit('error', error);
      const socket = this.#socket;
      process.nextTick(() => socket.destroy(error));
    }
    this.#receiver.fail(error);
  }

  #onDeadline(): void {
    if (this.#socket.isPaused()) {
      // By us or by others: it could not arrive.
      this.#deadline.restart();
      return;
    }
    const { declaredBytes, receivedBytes } = this.#receiver.inbox;
    const text = `message was begun and not finished in time (${receivedBytes} of ${declaredBytes ?? '?'} bytes)`;
    this.#fail(new FrameError('ERR_FRAME_TIMEOUT', text, { declaredBytes, receivedBytes }));
  }

  /** Nobody can be told by return value or rejection: by event then, and where nobody listens the connection ends. */
  #onUnsent(error: Error): void {
    if (this.listenerCount('error') > 0) this.#emit('error', error);
    else this.#fail(error);
  }

  /** Messages still go up. Not behind a `destroy` of ours, even if they came in the same chunk. */
  #isLive(): boolean {
    return this.#state === 'open' && (this.#isClosePending || !this.#socket.destroyed);
  }

  /** Flow control, and the clock of the message under way. */
  #onSettled(): void {
    if (this.#isClosePending && !this.#receiver.isValidating) this.#close();
    if (this.#state !== 'open') return;
    const { inbox, wantsPause } = this.#receiver;
    if (inbox.isInsideMessage) this.#deadline.watch(inbox.messageCount, inbox.declaredBytes);
    else this.#deadline.rest();
    if (wantsPause !== this.#isPaused) this.#setPaused(wantsPause);
    // A server that drains resumes its sockets to see their end; the bound holds all the same.
    else if (wantsPause && !this.#socket.isPaused()) this.#socket.pause();
  }

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) {
      this.#socket.pause();
      return;
    }
    this.#socket.resume();
    // What we paused in the middle of began just then: the pause comes with its first bytes.
    this.#deadline.restart();
  }

  /** Messages may have waited for this listener, which is attached when this turn ends. */
  readonly #onNewListener = (event: string | symbol): void => {
    if (event === 'message') process.nextTick(() => this.#receiver.pump());
  };

  #deliver(message: In): void {
    try {
      super.emit('message', message);
    } catch (thrown) {
      this.#onThrown(thrown, true);
    }
  }

  #emit(event: 'error' | 'drain' | 'close', ...values: Error[]): void {
    // An `'error'` that nobody listens for would be thrown.
    if (this.listenerCount(event) === 0) return;
    try {
      (this as EventEmitter).emit(event, ...values);
    } catch (thrown) {
      this.#onThrown(thrown, event === 'drain');
    }
  }

  /**
   * What a listener threw ends this connection and nothing else. With none left to end it is a warning, unless it may
   * only repeat what ended it.
   */
  #onThrown(thrown: unknown, mayRepeat: boolean): void {
    const error = thrown instanceof Error ? thrown : new Error('a listener threw what is no Error', { cause: thrown });
    if (this.#state === 'open') {
      this.#fail(error);
      return;
    }
    const isAnswerToEnd = error instanceof FrameError && error.code === 'ERR_FRAME_CLOSED';
    if (isAnswerToEnd || (mayRepeat && this.#error !== undefined)) return;
    this.#error ??= error;
    process.emitWarning(error);
  }
}
