// Messages in: bytes → inbox → (a step of the format, which may take its time) → a listener, or an iterator that waits. One
// message at a time and in order; where nobody wants one, they wait and the owner pauses the socket. It knows no format:
// the inbox has it. Touches no socket, timer or event itself.
import { MessageIterator, type MessageReader, type MessageSource } from './message-iterator.js';

/** Bytes in, messages of one format out, each as late as possible. Pure. */
export interface Inbox<Raw> {
  push(chunk: Uint8Array): void;
  /** The next message, or `undefined` where more bytes are needed. @throws What is wrong with it, as an error to emit. */
  next(): Raw | undefined;
  /** Finds one more whole message among the bytes and lets it wait. False where there is none, or no room. */
  readAhead(): boolean;
  /** A message that `next` gave waits again, first of all. */
  putBack(raw: Raw): void;
  /** Gives up on the bad header that stands next: what is wrong with it. */
  takeHeaderError(): Error;
  /** Takes every byte of what was not given. */
  rest(): Buffer;
  readonly hasWaiting: boolean;
  /** The first message that waits is one of the protocol itself, which no user has to take. */
  readonly isControlFirst?: boolean;
  /** As much waits as may wait. */
  readonly isFull: boolean;
  /** A bad header stands behind what waits. */
  readonly isBlocked: boolean;
  /** Every whole message was found: what is left is the beginning of one, or nothing. */
  readonly isStarved: boolean;
  /** Messages found so far, and so the number of the one under way. */
  readonly messageCount: number;
  readonly isInsideMessage: boolean;
  /** The length that the message under way declares, once that is known, and how much of it has come. */
  readonly declaredBytes: number | undefined;
  readonly receivedBytes: number;
}

/** A message that is ready to be given. */
export interface Opened<In> {
  readonly value: In;
}

/** What makes a message of what the inbox gives. Throws, or rejects with, what is wrong with it. */
export type Open<Raw, In> = (raw: Raw) => Opened<In> | Promise<Opened<In>>;

/** What a receiver asks of its handler, and tells it. None of these may throw. */
export interface ReceiverOwner<In> {
  /** The connection is up, and messages may be given. */
  isLive(): boolean;
  /** It is live, and somebody listens for messages. */
  hasListener(): boolean;
  /** The message is one of the protocol itself: it is delivered, and no iterator sees it. */
  isControl(message: In): boolean;
  deliver(message: In): void;
  /** The message was bad: it is skipped, and the next one is read. Asked, and told. */
  skips(error: Error): boolean;
  /** No message can come behind this. Answered by `fail`. */
  onFatal(error: Error): void;
  /** The peer has ended inside a message. Answered by `fail`. */
  onCut(): void;
  /** All that could be done was done: the time for flow control. */
  onSettled(): void;
}

export class Receiver<Raw, In> implements MessageSource<In> {
  readonly inbox: Inbox<Raw>;
  readonly #open: Open<Raw, In> | undefined;
  readonly #owner: ReceiverOwner<In>;
  #readers: MessageReader<In>[] = [];
  /** The message that `#open` has yet to answer for. */
  #opening: { readonly raw: Raw } | undefined;
  #isPumping = false;
  /** Once iterators are in use, a bad header waits behind the messages before it: one of them may mean an upgrade. */
  #isIterated = false;
  /** The peer has ended: what is here is all there is. */
  #hasPeerEnded = false;
  /** Nothing is taken in any more, for this error where there is one. What is here can still be iterated. */
  #ending: { readonly error: Error | undefined } | undefined;

  /** Without `open`, what the inbox gives is the message. */
  constructor(inbox: Inbox<Raw>, open: Open<Raw, In> | undefined, owner: ReceiverOwner<In>) {
    this.inbox = inbox;
    this.#open = open;
    this.#owner = owner;
  }

  push(chunk: Uint8Array): void {
    if (this.#ending !== undefined) return;
    // A reader that waits is not behind: it takes what is here before more can come.
    const isBehind = this.#readers.length === 0;
    this.inbox.push(chunk);
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
    if (this.#ending === undefined && this.inbox.isBlocked) this.#owner.onFatal(this.inbox.takeHeaderError());
  }

  /** Gives up, and gives back the bytes of every message not given. */
  detach(): Buffer {
    if (this.#opening !== undefined) this.inbox.putBack(this.#opening.raw);
    this.#opening = undefined;
    const rest = this.inbox.rest();
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
    this.pump(this.inbox.hasWaiting);
  }

  onReturn(iterator: MessageIterator<In>): void {
    const left = this.#readers.filter((reader) => reader.iterator === iterator);
    this.#readers = this.#readers.filter((reader) => reader.iterator !== iterator);
    for (const reader of left) reader.end(undefined);
  }

  /** A message has come whose `open` has yet to answer. */
  get isOpening(): boolean {
    return this.#opening !== undefined;
  }

  /** `end` was called. */
  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** More bytes would only wait. */
  get wantsPause(): boolean {
    if (this.#opening !== undefined) return true;
    return (this.inbox.isFull || this.inbox.isBlocked) && this.#readers.length === 0 && !this.#owner.hasListener();
  }

  /** Gives all that can be given now; `looksAhead` also finds out how much then waits. */
  pump(looksAhead = false): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#opening === undefined) {
      const isListening = this.#owner.hasListener();
      if (!isListening && this.#readers.length === 0) break;
      if (!this.#takeOne(isListening)) break;
    }
    if (looksAhead && this.#opening === undefined && !this.inbox.isStarved) this.#lookAhead();
    this.#isPumping = false;
    this.#conclude();
    this.#owner.onSettled();
  }

  #lookAhead(): void {
    while (this.inbox.readAhead()) {
      // What nobody has to take and nothing stands before. Not behind what an iterator gave: that may mean an upgrade.
      if (!this.#isIterated && this.inbox.isControlFirst === true && this.#owner.isLive()) this.#takeOne(true);
    }
    // Behind what still waits for somebody it waits too: that may mean an upgrade.
    if (!this.#isIterated && !this.inbox.hasWaiting && this.#owner.isLive()) this.raiseBlocked();
  }

  /** One message further. False where there is none to go on with. */
  #takeOne(isListening: boolean): boolean {
    let raw: Raw | undefined;
    try {
      raw = this.inbox.next();
    } catch (error) {
      return this.#refuse(error as Error);
    }
    if (raw === undefined) return false;
    if (this.#open !== undefined) return this.#openOne(this.#open, raw);
    this.#give(raw as unknown as In, isListening);
    return true;
  }

  #openOne(open: Open<Raw, In>, raw: Raw): boolean {
    let opened: Opened<In> | Promise<Opened<In>>;
    try {
      opened = open(raw);
    } catch (error) {
      return this.#refuse(error as Error);
    }
    if (!(opened instanceof Promise)) {
      this.#accept(opened, raw);
      return true;
    }
    this.#opening = { raw };
    void this.#await(opened, this.#opening);
    return false;
  }

  async #await(pending: Promise<Opened<In>>, opening: { readonly raw: Raw }): Promise<void> {
    let opened: Opened<In> | undefined;
    let error: unknown;
    try {
      opened = await pending;
    } catch (thrown) {
      error = thrown;
    }
    if (this.#opening !== opening) return;
    this.#opening = undefined;
    this.#isPumping = true;
    if (opened === undefined) this.#refuse(error as Error);
    else this.#accept(opened, opening.raw);
    this.#isPumping = false;
    this.pump();
  }

  #accept({ value }: Opened<In>, raw: Raw): void {
    // Who wanted it may have left while it was opened.
    const isListening = this.#owner.hasListener();
    if (isListening || this.#readers.length > 0) this.#give(value, isListening);
    else this.inbox.putBack(raw);
  }

  #give(message: In, isListening: boolean): void {
    if (isListening || this.#owner.isControl(message)) this.#owner.deliver(message);
    else this.#readers.shift()?.give(message);
  }

  #refuse(error: Error): boolean {
    if (this.#owner.skips(error)) return true;
    // What stands behind it must not be given by a later iterator.
    this.inbox.rest();
    this.#owner.onFatal(error);
    return false;
  }

  #conclude(): void {
    if (this.#opening !== undefined) return;
    const isAtEnd = this.#ending === undefined && this.#hasPeerEnded && this.inbox.isStarved;
    if (isAtEnd && this.inbox.isInsideMessage) this.#owner.onCut();
    else if (isAtEnd) this.#ending = { error: undefined };
    if (this.#ending === undefined) return;
    const readers = this.#readers;
    this.#readers = [];
    for (const reader of readers) reader.end(this.#ending.error);
  }
}
