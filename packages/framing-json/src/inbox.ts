// What of the message format the inbox of every framing needs: messages wait as payload bytes, not as parsed values, so the
// memory is what was received. Errors come out as this package's. Pure: no socket, no timer, no event.
import { WaitingInbox, type Inbox, type WaitingInboxDecoder } from '@verb-tcp/socket/framing';
import { createMessageDecoder, decodePayload, type MessageDecoder, type MessageError } from '@verb-tcp/socket/message';
import { toFrameError } from './errors.js';

/** Gives messages, or with `keepsPayloads` their payloads, for who may have to put one back. */
export function createInbox(maxMessageBytes: number, keepsPayloads: boolean): Inbox<unknown> {
  return new WaitingInbox(new JSONDecoder(maxMessageBytes, keepsPayloads), maxMessageBytes);
}

class JSONDecoder implements WaitingInboxDecoder<unknown, Buffer> {
  readonly #decoder: MessageDecoder;
  readonly #keepsPayloads: boolean;

  constructor(maxMessageBytes: number, keepsPayloads: boolean) {
    this.#decoder = createMessageDecoder({ maxMessageBytes });
    this.#keepsPayloads = keepsPayloads;
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  next(): unknown {
    try {
      if (!this.#keepsPayloads) return this.#decoder.next();
      // Without a payload, `next` throws where a bad header is what stands next.
      return this.#decoder.nextPayload() ?? this.#decoder.next();
    } catch (error) {
      throw toFrameError(error as MessageError);
    }
  }

  peek(): Buffer | undefined {
    return this.#decoder.nextPayload();
  }

  open(payload: Buffer): unknown {
    if (this.#keepsPayloads) return payload;
    try {
      return decodePayload(payload);
    } catch (error) {
      throw toFrameError(error as MessageError);
    }
  }

  /** Headers are canonical, so they come back as they came. */
  encode(payload: Buffer): Uint8Array {
    return Buffer.concat([Buffer.from(`${payload.length}\n`, 'latin1'), payload]);
  }

  rest(): Buffer {
    return this.#decoder.rest();
  }

  get isBlocked(): boolean {
    return this.#decoder.isBlocked;
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
}
