// Messages in: chunks of any size go in, binary messages come out, or a FrameError. Pure: no socket, no timer, no event.
//
// A message that lies in one chunk is cut out in place; only what spans chunks is queued. Length, type and flags are
// checked as soon as the header is complete, before anything is kept, and memory grows only as bytes arrive.
import { ByteQueue } from '@verb-tcp/socket/bytes';
import { looksLike } from '@verb-tcp/socket/message';
import { FrameError } from './errors.js';
import { HEADER_BYTES, isControl, writeHeader, type BinaryMessage } from './frame.js';
import { resolveDecoderOptions, type DecoderOptions, type ResolvedDecoderOptions } from './options.js';

/** What was pushed while earlier bytes were unread is taken up in pieces of this size, each byte copied once at most. */
const PIECE_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** See `createDecoder`. */
export interface Decoder {
  /**
   * Gives bytes to the decoder. They are read in place, and payloads may be views of them: leave them unchanged. Take what
   * `next` has before pushing more, and pause the source where you cannot: what waits here is not limited.
   */
  push(chunk: Uint8Array): void;
  /**
   * The next message, or `undefined` where it needs more bytes.
   *
   * @throws {FrameError} `ERR_FRAME_TOO_LARGE`, `ERR_FRAME_UNKNOWN_TYPE`, `ERR_FRAME_RESERVED_FLAGS`. There is nothing behind
   * it: `next` then gives `undefined` for ever and bytes are dropped.
   */
  next(): BinaryMessage | undefined;
  /** Takes every byte that belongs to no message given yet, header included, and leaves the decoder empty. A copy. */
  rest(): Buffer;
  /** A message has begun and its last byte has not come. */
  readonly isInsideMessage: boolean;
  /** The payload length of the message begun, once its header is complete. */
  readonly declaredBytes: number | undefined;
  /** How many bytes of that payload have come. */
  readonly receivedBytes: number;
  /** Bytes held here: the message begun and what was pushed behind it. */
  readonly byteLength: number;
}

/**
 * The decoder of the format, the counterpart of `encodeFrame`.
 * @throws RangeError for an option out of range.
 *
 * @example
 * const decoder = createDecoder();
 * decoder.push(chunk);
 * for (let message; (message = decoder.next()) !== undefined; ) handle(message);
 */
export function createDecoder(options: DecoderOptions = {}): Decoder {
  return new FrameDecoder(resolveDecoderOptions(options));
}

export class FrameDecoder implements Decoder {
  readonly #options: ResolvedDecoderOptions;
  /** What is being read, from `#at` on, and what was pushed behind it. */
  #chunk: Buffer = EMPTY;
  #at = 0;
  readonly #later = new ByteQueue();
  /** The header so far, where it spans chunks; then its fields. */
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #type = 0;
  #length = 0;
  #flags = 0;
  #inBody = false;
  /** The payload so far, where it spans chunks. */
  readonly #body = new ByteQueue();
  /** What is wrong with the header that stands next. Its bytes are kept: they may yet be taken as something else. */
  #headerError: FrameError | undefined;
  #hasFailed = false;

  constructor(options: ResolvedDecoderOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    if (this.#hasFailed || chunk.byteLength === 0) return;
    if (this.#at < this.#chunk.length || this.#later.byteLength > 0) {
      this.#later.push(chunk);
      return;
    }
    this.#read(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }

  next(): BinaryMessage | undefined {
    const message = this.peek();
    if (message === undefined && this.#headerError !== undefined) throw this.#fail(this.#headerError);
    return message;
  }

  /** As `next`, but at a bad header it gives `undefined`, and `isBlocked` is true: `rest` has its bytes, and `next` throws. */
  peek(): BinaryMessage | undefined {
    for (;;) {
      if (this.#inBody || this.#readHeader()) {
        const payload = this.#readPayload();
        if (payload !== undefined) return { type: this.#type, length: payload.length, flags: this.#flags, payload };
      } else if (this.#headerError !== undefined) {
        return undefined;
      }
      if (!this.#nextChunk()) return undefined;
    }
  }

  rest(): Buffer {
    const hasHeader = this.#inBody || this.#headerError !== undefined;
    if (hasHeader) writeHeader(this.#header, 0, this.#type, this.#length, this.#flags);
    const bytes = Buffer.concat([
      this.#header.subarray(0, hasHeader ? HEADER_BYTES : this.#headerBytes),
      this.#body.peek(this.#body.byteLength),
      this.#chunk.subarray(this.#at),
      this.#later.peek(this.#later.byteLength),
    ]);
    this.#reset();
    return bytes;
  }

  get isInsideMessage(): boolean {
    return this.#inBody || this.#headerBytes > 0;
  }

  /** A bad header stands next: `next` will throw. */
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
    return this.#headerBytes + this.#body.byteLength + this.#chunk.length - this.#at + this.#later.byteLength;
  }

  /** True once the header is complete and good; false at its end so far, or with `#headerError` set. */
  #readHeader(): boolean {
    if (this.#headerError !== undefined) return false;
    const chunk = this.#chunk;
    const at = this.#at;
    if (this.#headerBytes === 0 && chunk.length - at >= HEADER_BYTES) {
      this.#at = at + HEADER_BYTES;
      return this.#beginBody(chunk, at);
    }
    const copied = chunk.copy(this.#header, this.#headerBytes, at, at + HEADER_BYTES - this.#headerBytes);
    this.#at = at + copied;
    this.#headerBytes += copied;
    if (this.#headerBytes < HEADER_BYTES) return false;
    this.#headerBytes = 0;
    return this.#beginBody(this.#header, 0);
  }

  /** Reads the fields out of `bytes`, and checks them. */
  #beginBody(bytes: Buffer, at: number): boolean {
    this.#type = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    // Not by shifts alone: the highest bit would be a sign.
    this.#length = (((bytes[at + 2] as number) << 24) >>> 0) + (((bytes[at + 3] as number) << 16) | ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number));
    this.#flags = ((bytes[at + 6] as number) << 8) | (bytes[at + 7] as number);
    this.#headerError = headerError(this.#type, this.#length, this.#flags, this.#options);
    if (this.#headerError?.code === 'ERR_FRAME_TOO_LARGE') this.#headerError = nameForeigner(this.#headerError, bytes.subarray(at));
    this.#inBody = this.#headerError === undefined;
    return this.#inBody;
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
    this.#at = end;
    this.#inBody = false;
    if (missing === length) return length < this.#options.copyBelowBytes ? copyOf(chunk, start, end) : chunk.subarray(start, end);
    this.#body.push(chunk.subarray(start, end));
    return this.#body.take(length);
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
  }

  #fail(error: FrameError): FrameError {
    this.#reset();
    this.#hasFailed = true;
    return error;
  }

  #reset(): void {
    this.#read(EMPTY);
    this.#later.clear();
    this.#headerBytes = 0;
    this.#inBody = false;
    this.#body.clear();
    this.#headerError = undefined;
  }
}

/** What the options have against this header, in either direction. */
export function headerError(type: number, length: number, flags: number, options: ResolvedDecoderOptions): FrameError | undefined {
  const { maxPayloadBytes, knownTypes, knownFlags } = options;
  if (length > maxPayloadBytes) {
    const text = `payload of ${length} bytes is over maxPayloadBytes (${maxPayloadBytes})`;
    return new FrameError('ERR_FRAME_TOO_LARGE', text, { declaredBytes: length, limitBytes: maxPayloadBytes });
  }
  if (knownTypes !== undefined && !knownTypes.has(type) && !isControl({ type })) {
    return new FrameError('ERR_FRAME_UNKNOWN_TYPE', `type ${hex(type)} is not of knownTypes`, { declaredBytes: length });
  }
  if ((flags & ~knownFlags) !== 0) {
    const text = `flags ${hex(flags)} have bits outside of knownFlags (${hex(knownFlags)})`;
    return new FrameError('ERR_FRAME_RESERVED_FLAGS', text, { declaredBytes: length });
  }
  return undefined;
}

/** The same error, naming the protocol where the bytes tell: text of any kind declares a length of 512 MiB and more. */
function nameForeigner(error: FrameError, bytes: Uint8Array): FrameError {
  const foreign = looksLike(bytes);
  if (foreign === undefined) return error;
  const { declaredBytes, limitBytes } = error;
  const facts = { declaredBytes, limitBytes, looksLike: foreign };
  return new FrameError(error.code, `${error.message}; this looks like ${foreign}`, facts);
}

function copyOf(chunk: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  chunk.copy(copy, 0, start, end);
  return copy;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
