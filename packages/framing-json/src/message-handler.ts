// JSON messages over one connection. Bytes come in by the socket's `'data'`, messages go up by event or iterator; messages
// come in by `sendMessage`, bytes go down by `write`. It owns the socket's reading side from construction to `detach`, and
// never throws out of an event of the socket: a peer can end its own connection and nothing more.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';
import { FramedConnection } from '@verb-tcp/socket/framing';
import { FrameError, isInsideBoundary } from './errors.js';
import type { MessageHandlerEvents } from './events.js';
import { createInbox } from './inbox.js';
import { resolveMessageHandlerOptions, type MessageHandlerOptions } from './options.js';
import { schemaStep } from './schema-step.js';
import { Sender } from './sender.js';
import { isTextReadable, textModeError, TextInput } from './text-mode.js';

/**
 * Sends and receives JSON messages over a socket, each framed as `<bytes in decimal>\n<JSON>`.
 *
 * @example
 * const handler = new MessageHandler(socket);
 * handler.on('message', (message) => handler.sendMessage({ echo: message }));
 */
export class MessageHandler<In = any, Out = any> extends EventEmitter<MessageHandlerEvents<In>> {
  readonly #socket: TCPSocket;
  readonly #connection: FramedConnection<unknown, In>;
  readonly #sender: Sender<Out>;
  readonly #text = new TextInput();

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
    const { maxMessageBytes, messageTimeout, onInvalid, schema, sendSchema } = resolved;
    this.#socket = socket;
    this.#sender = new Sender(socket, maxMessageBytes, sendSchema, {
      onUnsent: (error) => this.#connection.report(error),
      onDrain: () => this.#connection.emit('drain'),
    });
    const inbox = createInbox(maxMessageBytes, schema !== undefined);
    const open = schema && schemaStep(schema);
    this.#connection = new FramedConnection(socket, this, { inbox, open, messageTimeout }, {
      isMessageEvent: (event) => event === 'message',
      hasListener: () => this.listenerCount('message') > 0,
      deliver: (message) => void super.emit('message', message),
      onData: (chunk) => this.handleData(chunk),
      onDrain: () => this.#sender.drained(),
      onRelease: (error) => this.#sender.close(error),
      canSkip: (error) => onInvalid === 'skip' && isInsideBoundary(error),
      createError: (code, text, facts) => new FrameError(code, text, facts),
    });
    // An async listener that rejects is the same as one that throws.
    this[EventEmitter.captureRejectionSymbol] = (thrown: Error, ...[event]: unknown[]) =>
      this.#connection.onThrown(thrown, String(event));
    this.#connection.attach();
  }

  /**
   * Decodes bytes as if they had come from the socket; the handler calls it for what does. The bytes are read in place:
   * leave them unchanged. A string stands for its UTF-8.
   */
  handleData(chunk: Uint8Array | string): void {
    if (!this.#connection.isOpen) return;
    const bytes = typeof chunk === 'string' ? this.#text.toBytes(this.#socket, chunk) : chunk;
    if (bytes === undefined) this.#connection.fail(textModeError(this.#socket));
    else this.#connection.push(bytes);
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
    this.#connection.refuseToSend();
    return false;
  }

  /**
   * Sends one message and settles when the socket is below its mark (behind an `end` of yours: when it has left). Rejects
   * with the codes that `sendMessage` throws, and with `ERR_FRAME_CLOSED` where the connection ends first. Await it to know:
   * unawaited it is silent, never an unhandled rejection, since what is sent back may be a peer's choice.
   */
  send(message: Out): Promise<void> {
    return this.#sender.sendAndWait(message, this.#connection.error);
  }

  /**
   * The messages, with back-pressure: the socket is paused while 64 of them, or `maxMessageBytes`, wait to be asked for.
   * Ends when the peer ends; throws what ended the connection, after the messages before it. Leaving the loop leaves the
   * connection as it is. Gets nothing while a `message` listener is attached.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
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
}
