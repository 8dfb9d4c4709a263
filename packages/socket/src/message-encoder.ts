// One message out: `<byte length of the payload in decimal> LF <payload: one JSON value in UTF-8>`. The format is
// written down here and in message-decoder.ts, and nowhere else.
import { MessageError } from './errors.js';

/** Above this a string costs a socket more than bytes do: it makes room for three bytes for each character. */
const MAX_TEXT_LENGTH = 4096;

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

/**
 * One message in the form that costs a socket least, from its JSON text: a string where it is short and every character
 * is one byte, so that string and bytes have the same length, else bytes, which are fresh and yours.
 */
export function frameJson(json: string): string | Uint8Array {
  if (json.length > MAX_TEXT_LENGTH) return encodeJson(json);
  const frame = `${json.length}\n${json}`;
  return Buffer.byteLength(frame, 'utf8') === frame.length ? frame : encodeJson(json);
}
