// One message out: `<byte length of the payload in decimal> LF <payload: one JSON value in UTF-8>`. The format is
// written down here and in message-decoder.ts, and nowhere else.
import { MessageError } from './errors.js';

const LF = 0x0a;
const ZERO = 0x30;
/** A UTF-16 unit takes at most three bytes of UTF-8, and a header at most fifteen digits and LF. */
const MAX_BYTES_PER_UNIT = 3;
const MAX_HEADER_BYTES = 16;

/** Turns a message into bytes. Packages that send messages take one as their `encode` option. */
export type MessageEncoder = (message: unknown) => Uint8Array | string;

/**
 * The JSON text of a message.
 * @throws {MessageError} `ERR_FRAME_NOT_SERIALIZABLE` for `undefined`, functions, BigInt, cycles, nesting too deep.
 */
export function stringifyMessage(message: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(message);
  } catch (cause) {
    // A `toJSON` may throw anything, and not everything has a text.
    const why = cause instanceof Error ? cause.message : 'its toJSON threw';
    throw new MessageError('ERR_FRAME_NOT_SERIALIZABLE', `message cannot become JSON: ${why}`, { cause });
  }
  if (json === undefined) {
    throw new MessageError('ERR_FRAME_NOT_SERIALIZABLE', `message cannot become JSON: ${typeof message} has no form there`);
  }
  return json;
}

/** How many bytes `writeMessage` may need for this JSON text, at most. O(1). */
export function maxEncodedBytes(json: string): number {
  return json.length * MAX_BYTES_PER_UNIT + MAX_HEADER_BYTES;
}

/**
 * Writes header and payload of one message at `offset` and gives the offset behind it. O(n), one pass over ASCII.
 * @throws RangeError If `target` has fewer than `maxEncodedBytes(json)` bytes there: `Buffer.write` would cut silently.
 */
export function writeMessage(json: string, target: Buffer, offset: number): number {
  if (target.length - offset < maxEncodedBytes(json)) {
    throw new RangeError(`target must have ${maxEncodedBytes(json)} bytes from offset ${offset}, got ${target.length - offset}`);
  }
  // Right for ASCII; other text may need a digit more, and then moves by one.
  let digits = digitsOf(json.length);
  const start = offset + digits + 1;
  const length = target.write(json, start, 'utf8');
  const needed = digitsOf(length);
  if (needed !== digits) {
    target.copyWithin(offset + needed + 1, start, start + length);
    digits = needed;
  }
  let rest = length;
  for (let at = offset + digits - 1; at >= offset; at--) {
    const tenth = Math.floor(rest / 10);
    target[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  target[offset + digits] = LF;
  return offset + digits + 1 + length;
}

/**
 * One message as bytes: `{"a":"é"}` becomes `10\n{"a":"é"}`. The bytes are fresh and yours.
 * @throws {MessageError} `ERR_FRAME_NOT_SERIALIZABLE`
 */
export function encodeMessage(message: unknown): Uint8Array {
  return encodeJson(stringifyMessage(message));
}

/** One message as bytes, from its JSON text. The bytes are fresh and yours. */
export function encodeJson(json: string): Uint8Array {
  const length = Buffer.byteLength(json, 'utf8');
  const header = `${length}\n`;
  const bytes = Buffer.allocUnsafe(header.length + length);
  bytes.write(header, 0, 'latin1');
  bytes.write(json, header.length, 'utf8');
  return bytes;
}

function digitsOf(length: number): number {
  let digits = 1;
  for (let bound = 10; length >= bound; bound *= 10) digits++;
  return digits;
}
