// The inbox of every format: bytes in, messages out in order, each as late as possible. What nobody has asked for waits as
// the decoder found it, so a detach gets every byte back, and bytes behind an upgrade message are not judged before
// somebody wants them to be. At most 64 messages wait, and `maxWaitingBytes` with the one that passes it. Pure: no socket,
// no timer, no event.
import type { Inbox } from './receiver.js';

/** How many whole messages may wait. */
const MAX_WAITING_MESSAGES = 64;

/** What finds the messages of one format in bytes. */
export interface WaitingInboxDecoder<Raw, Waiting> {
  push(chunk: Uint8Array): void;
  /** The next message, or `undefined` where more bytes are needed. @throws What is wrong with it, as an error to emit. */
  next(): Raw | undefined;
  /** The next message as it can wait. `undefined` also at a bad header: `isBlocked` is true, and `next` throws. */
  peek(): Waiting | undefined;
  /** What `next` would have given for this. @throws What is wrong with it, as an error to emit. */
  open(waiting: Waiting): Raw;
  /** The bytes of a message that waited, as they came. */
  encode(waiting: Waiting): Uint8Array;
  /** Takes every byte of what was not given. */
  rest(): Buffer;
  /** Of the protocol itself; none, where it is left out. */
  isControl?(waiting: Waiting): boolean;
  readonly isBlocked: boolean;
  readonly isInsideMessage: boolean;
  readonly declaredBytes: number | undefined;
  readonly receivedBytes: number;
}

/** The messages of `Raw` that a decoder finds; where they are put back, what waits has to be the same. */
export class WaitingInbox<Raw, Waiting extends { readonly length: number }> implements Inbox<Raw> {
  readonly #decoder: WaitingInboxDecoder<Raw, Waiting>;
  readonly #maxWaitingBytes: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isStarved = true;
  #messageCount = 0;

  /** `length` of what waits are the bytes of its payload. */
  constructor(decoder: WaitingInboxDecoder<Raw, Waiting>, maxWaitingBytes: number) {
    this.#decoder = decoder;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** The bytes are read in place: leave them unchanged. */
  push(chunk: Uint8Array): void {
    this.#isStarved = false;
    this.#decoder.push(chunk);
  }

  next(): Raw | undefined {
    if (this.#waiting.length > 0) return this.#decoder.open(this.#shift());
    let message: Raw | undefined;
    try {
      message = this.#decoder.next();
    } catch (error) {
      // A bad payload ends a message too.
      this.#messageCount++;
      throw error;
    }
    if (message === undefined) this.#isStarved = true;
    else this.#messageCount++;
    return message;
  }

  putBack(raw: Raw): void {
    const waiting = raw as unknown as Waiting;
    this.#waiting.unshift(waiting);
    this.#waitingBytes += waiting.length;
  }

  readAhead(): boolean {
    if (this.isFull) return false;
    const waiting = this.#decoder.peek();
    if (waiting === undefined) {
      this.#isStarved = !this.#decoder.isBlocked;
      return false;
    }
    this.#messageCount++;
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.length;
    return true;
  }

  takeHeaderError(): Error {
    try {
      this.#decoder.next();
    } catch (error) {
      return error as Error;
    }
    throw new TypeError('no bad header stands next');
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get isControlFirst(): boolean {
    const [first] = this.#waiting;
    return first !== undefined && this.#decoder.isControl?.(first) === true;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING_MESSAGES || this.#waitingBytes >= this.#maxWaitingBytes;
  }

  get isBlocked(): boolean {
    return this.#decoder.isBlocked;
  }

  get isStarved(): boolean {
    return this.#isStarved;
  }

  get messageCount(): number {
    return this.#messageCount;
  }

  get isInsideMessage(): boolean {
    return this.#decoder.isInsideMessage;
  }

  get declaredBytes(): number | undefined {
    return this.#decoder.declaredBytes;
  }

  get receivedBytes(): number {
    return this.#decoder.receivedBytes;
  }

  rest(): Buffer {
    const parts = this.#waiting.map((waiting) => this.#decoder.encode(waiting));
    parts.push(this.#decoder.rest());
    this.#waiting = [];
    this.#waitingBytes = 0;
    return Buffer.concat(parts);
  }

  #shift(): Waiting {
    const first = this.#waiting.shift() as Waiting;
    this.#waitingBytes -= first.length;
    return first;
  }
}
