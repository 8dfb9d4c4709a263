// The payload of one message: bytes become text, text becomes a value, or a MessageError that says which of the two failed.
import { isUtf8 } from 'node:buffer';
import { MessageError } from './errors.js';

const REPLACEMENT_CHARACTER = '\ufffd';

/**
 * The value of a payload that `nextPayload` gave.
 * @throws {MessageError} `ERR_FRAME_INVALID_UTF8`, `ERR_FRAME_INVALID_JSON`
 */
export function decodePayload(payload: Buffer): unknown {
  return parseText(textOf(payload, 0, payload.length));
}

/** @throws {MessageError} `ERR_FRAME_INVALID_UTF8` */
export function textOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  // Bad bytes become U+FFFD, which good bytes may also hold: only then is the slower look needed.
  if (text.includes(REPLACEMENT_CHARACTER) && !isUtf8(bytes.subarray(start, end))) {
    throw new MessageError('ERR_FRAME_INVALID_UTF8', `payload of ${end - start} bytes is not UTF-8`);
  }
  return text;
}

/** @throws {MessageError} `ERR_FRAME_INVALID_JSON` */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MessageError('ERR_FRAME_INVALID_JSON', `payload is not JSON: ${(cause as Error).message}`, { cause });
  }
}
