// One binary message as bytes, and what its types mean. Pure.
//
//   offset  0      2             6      8
//           | type | length      | flags | payload … length bytes        big-endian
//             u16    u32           u16

/** Bytes in front of each payload. */
export const HEADER_BYTES = 8;

/** Asks whether the peer is alive. Its payload is empty. */
export const HEARTBEAT = 0x01;
/** The answer to a heartbeat. Its payload is `pong`. */
export const PONG = 0x02;
export const DATA = 0x10;
export const FILE_TRANSFER = 0x20;

const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 2 ** 32 - 1;

/** A message, as it came. */
export interface BinaryMessage {
  /** 0 to 65535. */
  readonly type: number;
  /** Of the payload, in bytes. */
  readonly length: number;
  /** 16 bits, the application's. */
  readonly flags: number;
  /** Yours. From `copyBelowBytes` on it may be a view of the read it came in, which it keeps alive: copy what you keep long. */
  readonly payload: Buffer;
}

/** The message keeps the connection, not the application: a heartbeat, or the answer to one. */
export function isControl({ type }: Pick<BinaryMessage, 'type'>): boolean {
  return type === HEARTBEAT || type === PONG;
}

/**
 * One message as bytes, header and payload. The bytes are fresh and yours; the payload was copied.
 * @throws RangeError If `type` or `flags` is no integer from 0 to 65535, or the payload is longer than 2³² − 1 bytes.
 * @throws TypeError If `payload` is no `Uint8Array`.
 */
export function encodeFrame(type: number, payload: Uint8Array, flags = 0): Buffer {
  checkFrame(type, payload, flags);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.byteLength);
  writeHeader(bytes, 0, type, payload.byteLength, flags);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** @throws RangeError, TypeError As `encodeFrame`. */
export function checkFrame(type: number, payload: Uint8Array, flags: number): void {
  // Node would write 1.5 as 1, and say nothing.
  if (!isUint16(type)) throw new RangeError(`type must be an integer from 0 to ${MAX_UINT16}, got ${String(type)}`);
  if (!isUint16(flags)) throw new RangeError(`flags must be an integer from 0 to ${MAX_UINT16}, got ${String(flags)}`);
  // A test runner may have a `Uint8Array` of its own.
  if (!(payload instanceof Uint8Array || Buffer.isBuffer(payload))) throw new TypeError(`payload must be a Uint8Array, got ${typeof payload}`);
  const { byteLength } = payload;
  if (byteLength > MAX_UINT32) throw new RangeError(`payload must have at most ${MAX_UINT32} bytes, got ${byteLength}`);
}

/** Writes the header of a frame at `at`. */
export function writeHeader(bytes: Uint8Array, at: number, type: number, length: number, flags: number): void {
  bytes[at] = type >>> 8;
  bytes[at + 1] = type;
  bytes[at + 2] = length >>> 24;
  bytes[at + 3] = length >>> 16;
  bytes[at + 4] = length >>> 8;
  bytes[at + 5] = length;
  bytes[at + 6] = flags >>> 8;
  bytes[at + 7] = flags;
}

function isUint16(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_UINT16;
}
