// Bytes in, messages out in order, each as late as possible: what nobody has asked for waits, so a detach gets every byte
// back, and bytes behind an upgrade message are not judged before somebody wants them to be. Pure: no socket, timer, event.
import type { Inbox } from '@verb-tcp/socket/framing';
import { FrameDecoder } from './decoder.js';
import { encodeFrame, isControl, type BinaryMessage } from './frame.js';
import type { ResolvedDecoderOptions } from './options.js';

/** How many whole messages may wait. */
const MAX_WAITING_MESSAGES = 64;

export class BinaryInbox implements Inbox<BinaryMessage> {
  readonly #maxWaitingBytes: number;
  readonly #decoder: FrameDecoder;
  #waiting: BinaryMessage[] = [];
  #waitingBytes = 0;
  #isStarved = true;
  #messageCount = 0;

  constructor(options: ResolvedDecoderOptions) {
    this.#maxWaitingBytes = options.maxPayloadBytes;
    this.#decoder = new FrameDecoder(options);
  }

  /** The bytes are read in place: leave them unchanged. */
  push(chunk: Uint8Array): void {
    this.#isStarved = false;
    this.#decoder.push(chunk);
  }

  next(): BinaryMessage | undefined {
    if (this.#waiting.length > 0) return this.#shift();
    const message = this.#decoder.next();
    if (message === undefined) this.#isStarved = true;
    else this.#messageCount++;
    return message;
  }

  putBack(message: BinaryMessage): void {
    this.#waiting.unshift(message);
    this.#waitingBytes += message.length;
  }

  readAhead(): boolean {
    if (this.isFull) return false;
    const message = this.#decoder.peek();
    if (message === undefined) {
      this.#isStarved = !this.#decoder.isBlocked;
      return false;
    }
    this.#messageCount++;
    this.#waiting.push(message);
    this.#waitingBytes += message.length;
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
    return first !== undefined && isControl(first);
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
    const parts = this.#waiting.map(({ type, payload, flags }) => encodeFrame(type, payload, flags));
    parts.push(this.#decoder.rest());
    this.#waiting = [];
    this.#waitingBytes = 0;
    return Buffer.concat(parts);
  }

  #shift(): BinaryMessage | undefined {
    const message = this.#waiting.shift();
    if (message !== undefined) this.#waitingBytes -= message.length;
    return message;
  }
}
