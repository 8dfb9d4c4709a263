// Bytes in, messages out in order, each as late as possible: what nobody has asked for waits as payload bytes, not as
// parsed values. So the memory is what was received, a detach gets every byte back, and bytes behind an upgrade message
// are not judged as messages before somebody wants them to be. Pure: no socket, no timer, no event.
import type { Inbox } from '@verb-tcp/socket/framing';
import { createMessageDecoder, decodePayload, type MessageDecoder, type MessageError } from '@verb-tcp/socket/message';
import { toFrameError } from './errors.js';

/** How many whole messages may wait. */
const MAX_WAITING_MESSAGES = 64;

/** Gives messages, or with `keepsPayloads` their payloads, for who may have to put one back. */
export class JSONInbox implements Inbox<unknown> {
  readonly #maxWaitingBytes: number;
  readonly #keepsPayloads: boolean;
  readonly #decoder: MessageDecoder;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isStarved = true;
  #messageCount = 0;

  constructor(maxMessageBytes: number, keepsPayloads: boolean) {
    this.#maxWaitingBytes = maxMessageBytes;
    this.#keepsPayloads = keepsPayloads;
    this.#decoder = createMessageDecoder({ maxMessageBytes });
  }

  /** The bytes are read in place: leave them unchanged. */
  push(chunk: Uint8Array): void {
    this.#isStarved = false;
    this.#decoder.push(chunk);
  }

  next(): unknown {
    try {
      return this.#keepsPayloads ? this.#nextPayload() : this.#nextMessage();
    } catch (error) {
      throw toFrameError(error as MessageError);
    }
  }

  putBack(raw: unknown): void {
    const payload = raw as Buffer;
    this.#waiting.unshift(payload);
    this.#waitingBytes += payload.length;
  }

  readAhead(): boolean {
    if (this.isFull) return false;
    const payload = this.#decoder.nextPayload();
    if (payload === undefined) {
      this.#isStarved = !this.#decoder.isBlocked;
      return false;
    }
    this.#messageCount++;
    this.#waiting.push(payload);
    this.#waitingBytes += payload.length;
    return true;
  }

  takeHeaderError(): Error {
    try {
      this.#decoder.next();
    } catch (error) {
      return toFrameError(error as MessageError);
    }
    throw new TypeError('no bad header stands next');
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
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

  /** Takes every byte of what was not given: headers are canonical, so they come back as they came. */
  rest(): Buffer {
    const parts = this.#waiting.flatMap((payload) => [Buffer.from(`${payload.length}\n`, 'latin1'), payload]);
    parts.push(this.#decoder.rest());
    this.#waiting = [];
    this.#waitingBytes = 0;
    return Buffer.concat(parts);
  }

  #nextMessage(): unknown {
    if (this.hasWaiting) return decodePayload(this.#shift() as Buffer);
    let message: unknown;
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

  #nextPayload(): Buffer | undefined {
    if (this.hasWaiting) return this.#shift();
    const payload = this.#decoder.nextPayload();
    if (payload !== undefined) {
      this.#messageCount++;
      return payload;
    }
    // Throws where a bad header is what stands next.
    this.#decoder.next();
    this.#isStarved = true;
    return undefined;
  }

  #shift(): Buffer | undefined {
    const payload = this.#waiting.shift();
    if (payload !== undefined) this.#waitingBytes -= payload.length;
    return payload;
  }
}
