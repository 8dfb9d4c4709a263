// Sockets that give text: `setEncoding('utf8')` loses nothing of JSON, so its text becomes bytes again. Every other encoding
// loses bytes or means something else, and is refused.
import type { TCPSocket } from '@verb-tcp/socket';
import { FrameError } from './errors.js';

const ENCODING = 'utf8';

/** The socket gives bytes, or text that can be made bytes again. */
export function isTextReadable({ readableEncoding }: TCPSocket): boolean {
  return (readableEncoding ?? ENCODING) === ENCODING;
}

/** Makes bytes of text, wherever it is cut. */
export class TextInput {
  /** The first of two UTF-16 units of a character. Sockets cut between characters; who calls `handleData` may not. */
  #half = '';

  /** Text of this socket as the bytes it was, or `undefined` where it cannot be. */
  toBytes(socket: TCPSocket, text: string): Buffer | undefined {
    if (!isTextReadable(socket)) return undefined;
    const whole = this.#half + text;
    this.#half = (whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800 ? whole.slice(-1) : '';
    return Buffer.from(this.#half === '' ? whole : whole.slice(0, -1), ENCODING);
  }
}

export function textModeError({ readableEncoding }: TCPSocket): FrameError {
  const text = `socket gives text as ${readableEncoding ?? ENCODING}; only bytes or utf8 can be framed`;
  return new FrameError('ERR_FRAME_TEXT_MODE', text);
}
