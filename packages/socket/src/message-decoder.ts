// Messages in: chunks of any size go in, JSON values come out, or a MessageError. Pure: no socket, no timer, no event.
//
//   <length> LF <payload>     length: 0 | [1-9][0-9]*, at most 15 digits, counting the bytes of the payload
//
// A message that lies in one chunk is parsed in place; only what spans chunks is queued. The declared length is checked
// before anything is kept, and memory grows only as bytes arrive.
import { constants } from 'node:buffer';
import { ASCIIWindow } from './ascii-window.js';
import { ByteQueue } from './byte-queue.js';
import { MessageError, type MessageErrorCode, type MessageErrorFacts } from './errors.js';
import { looksLike } from './looks-like.js';
import { parseText, textOf } from './message-payload.js';
import { resolveMessageDecoderOptions, type MessageDecoderOptions } from './options.js';

const LF = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const MAX_HEADER_DIGITS = 15;
/** What was pushed while earlier bytes were unread is taken up in pieces of this size, each byte copied once at most. */
const PIECE_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** See `createMessageDecoder`. */
export interface MessageDecoder {
  /**
   * Gives bytes to the decoder. They are read in place: leave them unchanged until they are decoded. Take what `next`
   * has before pushing more, and pause the source where you cannot: what waits here is not limited.
   */
  push(chunk: Uint8Array): void;
  /**
   * The next message, or `undefined` where it needs more bytes (JSON has no `undefined`).
   *
   * @throws {MessageError} On a bad payload, `next` goes on behind it when called again. On a bad header the place is
   * lost: `next` then gives `undefined` for ever and bytes are dropped.
   */
  next(): unknown;
  /**
   * The payload of the next message as it came, for messages that have to wait: `decodePayload` decodes it later. A view.
   * `undefined` where it needs more bytes, and where a bad header stands: its bytes stay for `rest`, and `next` throws.
   */
  nextPayload(): Buffer | undefined;
  /** Takes every byte that belongs to no message given yet, header included, and leaves the decoder empty. A copy. */
  rest(): Buffer;
  /** A message has begun and its last byte has not come. */
  readonly isInsideMessage: boolean;
  /** `nextPayload` met a bad header: `next` will throw. */
  readonly isBlocked: boolean;
  /** The payload length of the message begun, once its header is complete. */
  readonly declaredBytes: number | undefined;
  /** How many bytes of that payload have come. */
  readonly receivedBytes: number;
  /** Bytes held here: the message begun and what was pushed behind it. */
  readonly byteLength: number;
}

/**
 * The decoder of the default message format, the counterpart of `encodeMessage`.
 * @throws RangeError If `maxMessageBytes` is no integer from 1 to 2147483647.
 *
 * @example
 * const decoder = createMessageDecoder({ maxMessageBytes: 1024 * 1024 });
 * decoder.push(chunk);
 * for (let message; (message = decoder.next()) !== undefined; ) handle(message);
 */
export function createMessageDecoder(options: MessageDecoderOptions): MessageDecoder {
  return new Decoder(resolveMessageDecoderOptions(options).maxMessageBytes);
}

class Decoder implements MessageDecoder {
  readonly #maxMessageBytes: number;
  /** What is being read, from `#at` on, and what was pushed behind it. */
  #chunk: Buffer = EMPTY;
  #at = 0;
  readonly #later = new ByteQueue();
  readonly #window = new ASCIIWindow();
  /** The header so far; then the payload so far, where it spans chunks. */
  #digits = 0;
  #length = 0;
  #inBody = false;
  readonly #body = new ByteQueue();
  /** What is wrong with the header that stands next. */
  #headerError: MessageError | undefined;
  #failed = false;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = Math.min(maxMessageBytes, constants.MAX_STRING_LENGTH);
  }

  push(chunk: Uint8Array): void {
    if (this.#failed || chunk.byteLength === 0) return;
    if (this.#at < this.#chunk.length || this.#later.byteLength > 0) {
      this.#later.push(chunk);
      return;
    }
    this.#read(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }

  next(): unknown {
    for (;;) {
      if (this.#inBody || this.#readHeader()) {
        const text = this.#readText();
        if (text !== undefined) return parseText(text);
      } else if (this.#headerError !== undefined) {
        throw this.#fail(this.#headerError);
      }
      if (!this.#nextChunk()) return undefined;
    }
  }

  nextPayload(): Buffer | undefined {
    for (;;) {
      if (this.#inBody || this.#readHeader()) {
        const payload = this.#readPayload();
        if (payload !== undefined) return payload;
      } else if (this.#headerError !== undefined) {
        return undefined;
      }
      if (!this.#nextChunk()) return undefined;
    }
  }

  rest(): Buffer {
    const header = this.#inBody ? `${this.#length}\n` : this.#digits > 0 ? String(this.#length) : '';
    const bytes = Buffer.concat([
      Buffer.from(header, 'latin1'),
      this.#body.peek(this.#body.byteLength),
      this.#chunk.subarray(this.#at),
      this.#later.peek(this.#later.byteLength),
    ]);
    this.#reset();
    return bytes;
  }

  get isInsideMessage(): boolean {
    return this.#inBody || this.#digits > 0;
  }

  get isBlocked(): boolean {
    return this.#headerError !== undefined;
  }

  get declaredBytes(): number | undefined {
    return this.#inBody ? this.#length : undefined;
  }

  get receivedBytes(): number {
    return this.#body.byteLength;
  }

  get byteLength(): number {
    return this.#body.byteLength + this.#chunk.length - this.#at + this.#later.byteLength;
  }

  /** True once the header is complete and good; false at its end so far, or with `#headerError` set. */
  #readHeader(): boolean {
    if (this.#headerError !== undefined) return false;
    const chunk = this.#chunk;
    let at = this.#at;
    let digits = this.#digits;
    let length = this.#length;
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte >= ZERO && byte <= NINE && (digits === 0 || length !== 0)) {
        if (digits === MAX_HEADER_DIGITS) {
          return this.#reject('ERR_FRAME_HEADER_TOO_LONG', `header has more than ${MAX_HEADER_DIGITS} digits`);
        }
        length = length * 10 + (byte - ZERO);
        digits++;
      } else if (byte === LF && digits > 0) {
        return this.#beginBody(length, at + 1);
      } else {
        return this.#rejectByte(byte, digits, chunk.subarray(at));
      }
    }
    this.#at = at;
    this.#digits = digits;
    this.#length = length;
    return false;
  }

  #beginBody(length: number, at: number): boolean {
    if (length > this.#maxMessageBytes) {
      const limitBytes = this.#maxMessageBytes;
      return this.#reject('ERR_FRAME_TOO_LARGE', `message of ${length} bytes is over maxMessageBytes (${limitBytes})`, {
        declaredBytes: length,
        limitBytes,
      });
    }
    this.#at = at;
    this.#length = length;
    this.#digits = 0;
    this.#inBody = true;
    return true;
  }

  /** The payload as text once it is complete; where it lies in one chunk, without a view of it. */
  #readText(): string | undefined {
    const start = this.#at;
    const end = start + this.#length;
    if (this.#body.byteLength === 0 && end <= this.#chunk.length) {
      this.#endBody(end);
      return this.#window.slice(this.#chunk, start, end) ?? textOf(this.#chunk, start, end);
    }
    const payload = this.#readPayload();
    return payload === undefined ? undefined : textOf(payload, 0, payload.length);
  }

  /** The payload once it is complete; until then it takes what the chunk has of it. */
  #readPayload(): Buffer | undefined {
    const length = this.#length;
    const chunk = this.#chunk;
    const start = this.#at;
    const missing = length - this.#body.byteLength;
    if (chunk.length - start < missing) {
      this.#body.push(chunk.subarray(start));
      this.#at = chunk.length;
      return undefined;
    }
    const end = start + missing;
    this.#endBody(end);
    if (missing === length) return chunk.subarray(start, end);
    this.#body.push(chunk.subarray(start, end));
    return this.#body.take(length);
  }

  #endBody(at: number): void {
    this.#at = at;
    this.#inBody = false;
    this.#length = 0;
  }

  #nextChunk(): boolean {
    // Also when nothing waits: what has been read must not be kept alive by an idle connection.
    this.#read(EMPTY);
    const waiting = this.#later.byteLength;
    if (waiting === 0) return false;
    this.#read(this.#later.take(Math.min(waiting, PIECE_BYTES)));
    return true;
  }

  #read(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#window.clear();
  }

  #rejectByte(byte: number, digits: number, bytes: Uint8Array): false {
    const foreign = digits === 0 ? looksLike(bytes) : undefined;
    const what = foreign === undefined ? '' : `; this looks like ${foreign}`;
    const hex = `0x${byte.toString(16).padStart(2, '0')}`;
    return this.#reject('ERR_FRAME_HEADER_INVALID', `header has ${hex} where a length in decimal and LF must stand${what}`, {
      looksLike: foreign,
    });
  }

  /** Leaves the place where it is: the bytes may yet be taken as something else. */
  #reject(code: MessageErrorCode, message: string, facts?: MessageErrorFacts): false {
    this.#headerError = new MessageError(code, message, facts);
    return false;
  }

  #fail(error: MessageError): MessageError {
    this.#reset();
    this.#failed = true;
    return error;
  }

  #reset(): void {
    this.#read(EMPTY);
    this.#later.clear();
    this.#digits = 0;
    this.#length = 0;
    this.#inBody = false;
    this.#body.clear();
    this.#headerError = undefined;
  }
}
