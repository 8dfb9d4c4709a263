// Sockets that give text: `setEncoding('utf8')` loses nothing of JSON, so its text becomes bytes again. Every other encoding
// loses bytes or means something else, and is refused.
import type { TCPSocket } from '@verb-tcp/socket';
import { FrameError } from './errors.js';

const ENCODING = 'utf8';

/** The socket gives bytes, or text that can be made bytes again. */
export function isTextReadable({ readableEncoding }: TCPSocket): boolean {
  return (readableEncoding ?? ENCODING) === ENCODING;
}

/** Text of this socket as the bytes it was, or `undefined` where it cannot be. */
export function toBytes(socket: TCPSocket, text: string): Buffer | undefined {
  return isTextReadable(socket) ? Buffer.from(text, ENCODING) : undefined;
}

export function textModeError({ readableEncoding }: TCPSocket): FrameError {
  const text = `socket gives text as ${readableEncoding ?? ENCODING}; only bytes or utf8 can be framed`;
  return new FrameError('ERR_FRAME_TEXT_MODE', text);
}
