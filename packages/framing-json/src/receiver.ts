// Messages in: bytes → inbox → JSON → schema → a listener, or an iterator that waits. One message at a time and in order;
// where nobody wants one, they wait as bytes and the owner pauses the socket. Touches no socket, timer or event itself.
import { decodePayload, type MessageError } from '@verb-tcp/socket/message';
import { FrameError, toFrameError } from './errors.js';
import { Inbox } from './inbox.js';
import { MessageIterator, type MessageReader, type MessageSource } from './message-iterator.js';
import type { MessageHandlerOptions } from './options.js';
import { describeRefusal, isPending, type SchemaResult, type StandardSchema } from './schema.js';

/** What a receiver asks of its handler, and tells it. None of these may throw. */
export interface ReceiverOwner<In> {
  /** The connection is up, and messages may be given. */
  isLive(): boolean;
  /** It is live, and somebody listens for messages. */
  hasListener(): boolean;
  deliver(message: In): void;
  /** A payload was bad and is skipped. */
  onSkipped(error: FrameError): void;
  /** No message can come behind this. Answered by `fail`. */
  onFatal(error: FrameError): void;
  /** All that could be done was done: the time for flow control. */
  onSettled(): void;
}

/** What a receiver is told. */
export interface ReceiverOptions<In> {
  readonly maxMessageBytes: number;
  readonly schema: StandardSchema<unknown, In> | undefined;
  readonly onInvalid: MessageHandlerOptions['onInvalid'];
}

export class Receiver<In> implements MessageSource<In> {
  readonly #inbox: Inbox;
  readonly #options: ReceiverOptions<In>;
  readonly #owner: ReceiverOwner<In>;
  #readers: MessageReader<In>[] = [];
  /** The payload whose schema has yet to answer. */
  #validating: Buffer | undefined;
  #isPumping = false;
  /** Once iterators are in use, a bad header waits behind the messages before it: one of them may mean an upgrade. */
  #isIterated = false;
  /** The peer has ended: what is here is all there is. */
  #hasPeerEnded = false;
  /** Nothing is taken in any more, for this error where there is one. What is here can still be iterated. */
  #ending: { readonly error: Error | undefined } | undefined;

  constructor(options: ReceiverOptions<In>, owner: ReceiverOwner<In>) {
    this.#inbox = new Inbox(options.maxMessageBytes);
    this.#options = options;
    this.#owner = owner;
  }

  push(chunk: Uint8Array): void {
    if (this.#ending !== undefined) return;
    // A reader that waits is not behind: it takes what is here before more can come.
    const isBehind = this.#readers.length === 0;
    this.#inbox.push(chunk);
    this.pump(isBehind);
  }

  /** No bytes come after those that are here. */
  end(): void {
    this.#hasPeerEnded = true;
    this.pump(true);
  }

  /** The connection is lost, or given up. */
  fail(error: Error | undefined): void {
    this.#ending ??= { error };
    this.pump();
  }

  /** The connection is gone: a bad header need not wait for anybody any longer. */
  raiseBlocked(): void {
    if (this.#ending === undefined && this.#inbox.isBlocked) this.#owner.onFatal(this.#headerError());
  }

  /** Gives up, and gives back the bytes of every message not given. */
  detach(): Buffer {
    if (this.#validating !== undefined) this.#inbox.putBack(this.#validating);
    this.#validating = undefined;
    const rest = this.#inbox.rest();
    this.fail(undefined);
    return rest;
  }

  iterate(): MessageIterator<In> {
    this.#isIterated = true;
    return new MessageIterator(this);
  }

  onWaiting(reader: MessageReader<In>): void {
    this.#readers.push(reader);
    // Who is behind stays so until all is found: only then may more come.
    this.pump(this.#inbox.hasWaiting);
  }

  onReturn(iterator: MessageIterator<In>): void {
    const left = this.#readers.filter((reader) => reader.iterator === iterator);
    this.#readers = this.#readers.filter((reader) => reader.iterator !== iterator);
    for (const reader of left) reader.end(undefined);
  }

  /** A schema has yet to answer. */
  get isValidating(): boolean {
    return this.#validating !== undefined;
  }

  /** `end` was called. */
  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** More bytes would only wait. */
  get wantsPause(): boolean {
    if (this.#validating !== undefined) return true;
    return (this.#inbox.isFull || this.#inbox.isBlocked) && this.#readers.length === 0 && !this.#owner.hasListener();
  }

  /** The message under way, where there is one. */
  get inbox(): Pick<Inbox, 'isInsideMessage' | 'declaredBytes' | 'receivedBytes' | 'messageCount'> {
    return this.#inbox;
  }

  /** Gives all that can be given now; `looksAhead` also finds out how much then waits. */
  pump(looksAhead = false): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#validating === undefined) {
      const isListening = this.#owner.hasListener();
      if (!isListening && this.#readers.length === 0) break;
      if (!this.#takeOne(isListening)) break;
    }
    if (looksAhead && this.#validating === undefined && !this.#inbox.isStarved) this.#lookAhead();
    this.#isPumping = false;
    this.#conclude();
    this.#owner.onSettled();
  }

  #lookAhead(): void {
    while (this.#inbox.readAhead());
    if (!this.#isIterated && this.#owner.isLive()) this.raiseBlocked();
  }

  /** One message further. False where there is none to go on with. */
  #takeOne(isListening: boolean): boolean {
    let payload: Buffer | undefined;
    let message: unknown;
    try {
      if (this.#options.schema === undefined) {
        message = this.#inbox.next();
        if (message === undefined) return false;
      } else {
        payload = this.#inbox.nextPayload();
        if (payload === undefined) return false;
        message = decodePayload(payload);
      }
    } catch (error) {
      return this.#refuse(toFrameError(error as MessageError));
    }
    if (payload !== undefined) return this.#check(message, payload);
    this.#give(message as In, isListening);
    return true;
  }

  #check(message: unknown, payload: Buffer): boolean {
    let result: SchemaResult<In> | Promise<SchemaResult<In>>;
    try {
      result = (this.#options.schema as StandardSchema<unknown, In>)['~standard'].validate(message);
    } catch (cause) {
      return this.#refuse(new FrameError('ERR_FRAME_SCHEMA', 'schema threw', { cause }));
    }
    if (!isPending(result)) return this.#accept(result, payload);
    this.#validating = payload;
    void this.#await(result, payload);
    return false;
  }

  async #await(pending: Promise<SchemaResult<In>>, payload: Buffer): Promise<void> {
    let result: SchemaResult<In> | undefined;
    let error: FrameError | undefined;
    try {
      result = await pending;
    } catch (cause) {
      error = new FrameError('ERR_FRAME_SCHEMA', 'schema rejected', { cause });
    }
    if (this.#validating !== payload) return;
    this.#validating = undefined;
    this.#isPumping = true;
    if (error !== undefined) this.#refuse(error);
    else this.#accept(result as SchemaResult<In>, payload);
    this.#isPumping = false;
    this.pump();
  }

  #accept(result: SchemaResult<In>, payload: Buffer): boolean {
    let refusal: string | undefined;
    try {
      refusal = describeRefusal(result);
    } catch (cause) {
      return this.#refuse(new FrameError('ERR_FRAME_SCHEMA', 'schema gave what is no result', { cause }));
    }
    if (refusal !== undefined) {
      const facts = { issues: result.issues, receivedBytes: payload.length };
      return this.#refuse(new FrameError('ERR_FRAME_SCHEMA', `schema refused the message: ${refusal}`, facts));
    }
    const { value } = result as { value: In };
    // Who wanted it may have left while the schema worked.
    const isListening = this.#owner.hasListener();
    if (isListening || this.#readers.length > 0) this.#give(value, isListening);
    else this.#inbox.putBack(payload);
    return true;
  }

  #give(message: In, isListening: boolean): void {
    if (isListening) this.#owner.deliver(message);
    else this.#readers.shift()?.give(message);
  }

  /** A bad payload is skipped or fatal, as the options say; anything else is fatal. */
  #refuse(error: FrameError): boolean {
    if (this.#options.onInvalid === 'skip' && isInsideBoundary(error)) {
      this.#owner.onSkipped(error);
      return true;
    }
    // What stands behind it must not be given by a later iterator.
    this.#inbox.rest();
    this.#owner.onFatal(error);
    return false;
  }

  #headerError(): FrameError {
    return toFrameError(this.#inbox.takeHeaderError() as MessageError);
  }

  #conclude(): void {
    if (this.#validating !== undefined) return;
    if (this.#ending === undefined && this.#hasPeerEnded && this.#inbox.isStarved) {
      if (this.#inbox.isInsideMessage) this.#owner.onFatal(this.truncated());
      else this.#ending = { error: undefined };
    }
    if (this.#ending === undefined) return;
    const readers = this.#readers;
    this.#readers = [];
    for (const reader of readers) reader.end(this.#ending.error);
  }

  /** The error of a connection that ended in the middle of a message. */
  truncated(cause?: Error): FrameError {
    const { declaredBytes, receivedBytes } = this.#inbox;
    const of = declaredBytes === undefined ? 'in a header' : `after ${receivedBytes} of ${declaredBytes} bytes`;
    const text = `connection ended inside a message, ${of}`;
    return new FrameError('ERR_FRAME_TRUNCATED', text, { declaredBytes, receivedBytes, cause });
  }
}

function isInsideBoundary({ code }: FrameError): boolean {
  return code === 'ERR_FRAME_INVALID_UTF8' || code === 'ERR_FRAME_INVALID_JSON' || code === 'ERR_FRAME_SCHEMA';
}
