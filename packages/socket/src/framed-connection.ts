// The shell that every framing has around its format: it owns the reading side of one socket from construction to `detach`,
// turns its events into those of a handler, and never throws out of an event of the socket: a peer can end its own
// connection and nothing more. What the bytes mean, and what is sent, is the handler's.
import type { Emitter, FramedConnectionOwner } from './connection-owner.js';
import type { MessageIterator } from './message-iterator.js';
import { MessageDeadline } from './message-deadline.js';
import { Receiver, type Inbox, type Open } from './receiver.js';
import type { TCPSocket } from './tcp-socket.js';

const EMPTY = new Uint8Array(0);
/** Whether somebody has the reading side of a socket. A property: a `WeakSet` of a thousand sockets cost their neighbours' p99. */
const takenKey: unique symbol = Symbol('verb-tcp.reader');
type Taken = TCPSocket & { [takenKey]?: boolean };

/** How a connection takes messages in. */
export interface FramedConnectionOptions<Raw, In> {
  readonly inbox: Inbox<Raw>;
  /** Without it, what the inbox gives is the message. */
  readonly open?: Open<Raw, In> | undefined;
  /** Milliseconds that a message begun may take; `Infinity` is off. */
  readonly messageTimeout: number;
}

export class FramedConnection<Raw, In> {
  readonly #socket: TCPSocket;
  readonly #emitter: Emitter;
  readonly #owner: FramedConnectionOwner<In>;
  readonly #receiver: Receiver<Raw, In>;
  readonly #deadline: MessageDeadline;
  #state: 'open' | 'failed' | 'detached' | 'closed' = 'open';
  #error: Error | undefined;
  #isPaused = false;
  #isClosePending = false;

  constructor(
    socket: TCPSocket,
    emitter: Emitter,
    { inbox, open, messageTimeout }: FramedConnectionOptions<Raw, In>,
    owner: FramedConnectionOwner<In>,
  ) {
    if ((socket as Taken)[takenKey] === true) throw new TypeError('the socket has a handler already, which would read the same bytes: detach() that one first');
    (socket as Taken)[takenKey] = true;
    this.#socket = socket;
    this.#emitter = emitter;
    this.#owner = owner;
    this.#deadline = new MessageDeadline(messageTimeout, () => this.#onDeadline());
    this.#receiver = new Receiver(inbox, open, {
      isLive: () => this.#isLive(),
      hasListener: () => owner.hasListener() && this.#isLive(),
      isControl: (message) => owner.isControl?.(message) ?? false,
      deliver: (message) => this.#deliver(message),
      skips: (error) => this.#skips(error),
      onFatal: (error) => this.fail(error),
      onCut: () => this.fail(this.#truncated()),
      onSettled: () => this.#onSettled(),
    });
  }

  /** Takes the socket over, which begins to flow if it was paused. To be called once, when the owner is ready. */
  attach(): void {
    const socket = this.#socket;
    this.watchListeners();
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
      this.#onSocketEnd();
    }
  }

  /** Messages that wait find the next listener. To be called again where `removeAllListeners` was. */
  watchListeners(): void {
    this.#emitter.off('newListener', this.#onNewListener);
    this.#emitter.on('newListener', this.#onNewListener);
  }

  /** Bytes are taken in, and messages given. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** What ended the connection. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Decodes bytes. They are read in place: leave them unchanged. */
  push(chunk: Uint8Array): void {
    if (this.#state === 'open') this.#receiver.push(chunk);
  }

  iterate(): MessageIterator<In> {
    return this.#receiver.iterate();
  }

  /** Lets go of the socket, which stays paused, and gives (and unshifts) the bytes of all that was not given. */
  detach(): Uint8Array {
    if (this.#state !== 'open') return EMPTY;
    this.#state = 'detached';
    const socket = this.#socket;
    socket.pause();
    this.#release();
    const rest = this.#receiver.detach();
    this.#owner.onRelease(undefined);
    if (rest.length > 0 && socket.readable) socket.unshift(rest);
    return rest;
  }

  /** Ends the connection. What this turn has sent leaves first: it is corked until the turn ends. */
  fail(error: Error): void {
    if (this.#state === 'open') {
      this.#state = 'failed';
      this.#error = error;
      this.#deadline.stop();
      this.emit('error', error);
      const socket = this.#socket;
      process.nextTick(() => socket.destroy(error));
    }
    this.#receiver.fail(error);
  }

  /** Nobody can be told by return value or rejection: by event then, and where nobody listens the connection ends. */
  report(error: Error): void {
    if (this.#emitter.listenerCount('error') > 0) this.emit('error', error);
    else this.fail(error);
  }

  /** A message was not sent since the connection is closed for sending. Told by event: it is the peer who decides when. */
  refuseToSend(): void {
    if (this.#state !== 'closed') this.emit('error', this.closedError());
  }

  closedError(): Error {
    return this.#owner.createError('ERR_FRAME_CLOSED', 'the connection is closed for sending', { cause: this.#error });
  }

  /** Emits; what a listener throws ends the connection. */
  emit(event: 'error' | 'drain' | 'close', ...values: Error[]): void {
    // An `'error'` that nobody listens for would be thrown.
    if (this.#emitter.listenerCount(event) === 0) return;
    try {
      this.#emitter.emit(event, ...values);
    } catch (thrown) {
      this.onThrown(thrown, event);
    }
  }

  /**
   * What a listener threw, or an `async` one rejected with, ends this connection and nothing else. With none left to end it
   * is a warning, unless it may only repeat what ended it.
   */
  onThrown(thrown: unknown, event: string): void {
    const error = thrown instanceof Error ? thrown : new Error('a listener threw what is no Error', { cause: thrown });
    if (this.#state === 'open') {
      this.fail(error);
      return;
    }
    const isAnswerToEnd = (error as { code?: unknown }).code === 'ERR_FRAME_CLOSED';
    const mayRepeat = event === 'drain' || this.#owner.isMessageEvent(event);
    if (isAnswerToEnd || (mayRepeat && this.#error !== undefined)) return;
    this.#error ??= error;
    process.emitWarning(error);
  }

  #release(): void {
    const socket = this.#socket;
    (socket as Taken)[takenKey] = false;
    socket.off('data', this.#onSocketData);
    socket.off('drain', this.#onSocketDrain);
    socket.off('end', this.#onSocketEnd);
    socket.off('close', this.#onSocketClose);
    socket.off('error', this.#onSocketError);
    this.#deadline.stop();
  }

  readonly #onSocketData = (chunk: Uint8Array | string): void => this.#owner.onData(chunk);

  readonly #onSocketEnd = (): void => {
    if (this.#state !== 'open') return;
    this.#owner.onEnd?.();
    this.#receiver.end();
  };

  readonly #onSocketDrain = (): void => this.#owner.onDrain();

  readonly #onSocketError = (error: Error): void => {
    this.fail(this.#receiver.inbox.isInsideMessage ? this.#truncated(error) : error);
  };

  readonly #onSocketClose = (): void => {
    // What is still at work on a message that came before a clean end has its say first.
    this.#isClosePending = this.#state === 'open' && this.#receiver.isOpening && this.#receiver.hasPeerEnded;
    if (!this.#isClosePending) this.#close();
  };

  /** Messages may have waited for this listener, which is attached when this turn ends. */
  readonly #onNewListener = (event: string | symbol): void => {
    if (typeof event === 'string' && this.#owner.isMessageEvent(event)) process.nextTick(() => this.#receiver.pump());
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
    this.#owner.onRelease(this.closedError());
    this.emit('close');
  }

  #onDeadline(): void {
    if (this.#socket.isPaused()) {
      // By us or by others: it could not arrive.
      this.#deadline.restart();
      return;
    }
    const { declaredBytes, receivedBytes } = this.#receiver.inbox;
    const text = `message was begun and not finished in time (${receivedBytes} of ${declaredBytes ?? '?'} bytes)`;
    this.fail(this.#owner.createError('ERR_FRAME_TIMEOUT', text, { declaredBytes, receivedBytes }));
  }

  /** The error of a connection that ended in the middle of a message. */
  #truncated(cause?: Error): Error {
    const { declaredBytes, receivedBytes } = this.#receiver.inbox;
    const of = declaredBytes === undefined ? 'in a header' : `after ${receivedBytes} of ${declaredBytes} bytes`;
    const text = `connection ended inside a message, ${of}`;
    return this.#owner.createError('ERR_FRAME_TRUNCATED', text, { declaredBytes, receivedBytes, cause });
  }

  /** Messages still go up. Not behind a `destroy` of ours, even if they came in the same chunk. */
  #isLive(): boolean {
    return this.#state === 'open' && (this.#isClosePending || !this.#socket.destroyed);
  }

  /** Flow control, and the clock of the message under way. */
  #onSettled(): void {
    const { inbox } = this.#receiver;
    if (this.#isClosePending && !this.#receiver.isOpening) this.#close();
    if (this.#state !== 'open') return;
    const { wantsPause } = this.#receiver;
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

  #deliver(message: In): void {
    try {
      this.#owner.deliver(message);
    } catch (thrown) {
      this.onThrown(thrown, 'message');
    }
  }

  #skips(error: Error): boolean {
    if (this.#owner.canSkip?.(error) !== true) return false;
    this.emit('error', error);
    return true;
  }
}
