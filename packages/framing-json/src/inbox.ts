// Bytes in, messages out in order, each as late as possible: what nobody has asked for waits as payload bytes, not as
// parsed values. So the memory is what was received, a detach gets every byte back, and bytes behind an upgrade message
// are not judged as messages before somebody wants them to be. Pure: no socket, no timer, no event.
import { createMessageDecoder, decodePayload, type MessageDecoder } from '@verb-tcp/socket/message';

/** How many whole messages may wait. */
const MAX_WAITING_MESSAGES = 64;

export class Inbox {
  readonly #maxWaitingBytes: number;
  readonly #decoder: MessageDecoder;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isStarved = true;
  #messageCount = 0;

  constructor(maxMessageBytes: number) {
    this.#maxWaitingBytes = maxMessageBytes;
    this.#decoder = createMessageDecoder({ maxMessageBytes });
  }

  /** The bytes are read in place: leave them unchanged. */
  push(chunk: Uint8Array): void {
    this.#isStarved = false;
    this.#decoder.push(chunk);
  }

  /** The next message, or `undefined` where more bytes are needed. @throws {MessageError} */
  next(): unknown {
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

  /** The next payload, for who may have to put it back. @throws {MessageError} For a bad header. */
  nextPayload(): Buffer | undefined {
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

  putBack(payload: Buffer): void {
    this.#waiting.unshift(payload);
    this.#waitingBytes += payload.length;
  }

  /** Finds one more whole message among the bytes and lets it wait. False where there is none, or no room. */
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

  /** Gives up on the bad header that stands next: what is wrong with it. */
  takeHeaderError(): unknown {
    try {
      return this.#decoder.next();
    } catch (error) {
      return error;
    }
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** As much waits as may wait. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING_MESSAGES || this.#waitingBytes >= this.#maxWaitingBytes;
  }

  /** A bad header stands behind what waits. */
  get isBlocked(): boolean {
    return this.#decoder.isBlocked;
  }

  /** Every whole message was found: what is left is the beginning of one, or nothing. */
  get isStarved(): boolean {
    return this.#isStarved;
  }

  /** Messages found so far, and so the number of the one under way. */
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

  #shift(): Buffer | undefined {
    const payload = this.#waiting.shift();
    if (payload !== undefined) this.#waitingBytes -= payload.length;
    return payload;
  }
}
