// Bytes of the documented wire in, events out, the same ones for every cut:
//
//   offset  0          4        8
//           | streamId | length | payload … length bytes        both u32, big-endian
//             u32        u32
//
// Payloads of streams are handed on as they arrive. Only those of stream 0 are gathered, and only after their length was
// checked. It never throws.
import type { CodecEvents, CodecLimits } from './codec.js';
import { readControl } from './native-control.js';

const HEADER_BYTES = 8;
/** A smaller part of a chunk is copied, so that a few bytes that wait never pin a whole read. */
const COPY_BELOW_PART = 8;

export class NativeDecoder {
  readonly #events: CodecEvents;
  readonly #limits: CodecLimits;
  readonly #header: Buffer = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #id = 0;
  /** Payload bytes that are still to come; meaningful when the header is whole. */
  #remaining = 0;
  /** A control payload that came in parts. */
  #control: Buffer | undefined;
  #controlBytes = 0;
  #isStopped = false;

  constructor(events: CodecEvents, limits: CodecLimits) {
    this.#events = events;
    this.#limits = limits;
  }

  stop(): void {
    this.#isStopped = true;
    this.#control = undefined;
  }

  decode(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      if (this.#headerBytes < HEADER_BYTES) {
        at = this.#takeHeader(chunk, at);
        if (this.#headerBytes < HEADER_BYTES) return;
        this.#begin();
        if (this.#isStopped) return;
      }
      if (this.#remaining > 0 && at < chunk.length) at = this.#id === 0 ? this.#takeControl(chunk, at) : this.#takeData(chunk, at);
      if (this.#remaining === 0) this.#headerBytes = 0;
    }
  }

  #takeHeader(chunk: Buffer, at: number): number {
    if (this.#headerBytes === 0 && chunk.length - at >= HEADER_BYTES) {
      this.#id = readU32(chunk, at);
      this.#remaining = readU32(chunk, at + 4);
      this.#headerBytes = HEADER_BYTES;
      return at + HEADER_BYTES;
    }
    const taken = chunk.copy(this.#header, this.#headerBytes, at, at + HEADER_BYTES - this.#headerBytes);
    this.#headerBytes += taken;
    if (this.#headerBytes === HEADER_BYTES) {
      this.#id = readU32(this.#header, 0);
      this.#remaining = readU32(this.#header, 4);
    }
    return at + taken;
  }

  #begin(): void {
    if (this.#id !== 0) return this.#events.dataHeader(this.#id, this.#remaining);
    if (this.#remaining > this.#limits.maxControlBytes) {
      this.#events.fail('ERR_MUX_FRAME_SIZE', `a control frame of ${this.#remaining} bytes, ${this.#limits.maxControlBytes} at most may be`);
      this.stop();
    } else if (this.#remaining === 0) {
      this.#events.fail('ERR_MUX_PROTOCOL', 'an empty control frame');
      this.stop();
    }
  }

  #takeData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#remaining);
    const slice = chunk.subarray(at, end);
    this.#remaining -= end - at;
    // Before the event: who listens may stop us.
    this.#events.dataSlice(this.#id, slice.length * COPY_BELOW_PART < chunk.length ? Buffer.from(slice) : slice);
    return end;
  }

  #takeControl(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#remaining);
    const isWhole = end - at === this.#remaining;
    if (this.#control === undefined && isWhole) {
      this.#remaining = 0;
      this.#headerBytes = 0;
      readControl(chunk.subarray(at, end), this.#events, this.#limits);
      return end;
    }
    this.#control ??= Buffer.allocUnsafe(this.#remaining);
    chunk.copy(this.#control, this.#controlBytes, at, end);
    this.#controlBytes += end - at;
    this.#remaining -= end - at;
    if (this.#remaining > 0) return end;
    const control = this.#control;
    this.#control = undefined;
    this.#controlBytes = 0;
    readControl(control, this.#events, this.#limits);
    return end;
  }
}

function readU32(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 + (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}
