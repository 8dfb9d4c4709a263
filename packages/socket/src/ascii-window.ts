// Text of many small messages at the cost of one: where a stretch of bytes is ASCII, it becomes one string, and the text
// of a message is a slice of that. (A call for each message costs more than the decoding of its bytes.)
import { isAscii } from 'node:buffer';

const WINDOW_BYTES = 64 * 1024;
/** A window that holds fewer messages than this would not pay. */
const MIN_MESSAGES = 4;

/** A window over one chunk at a time. Its places are those of the bytes, for in ASCII a character is a byte. */
export class ASCIIWindow {
  #text: string | undefined;
  #start = 0;
  /** No message that ends behind this was looked at: at it, or before it, the bytes are not ASCII or not worth it. */
  #end = 0;

  /** The text of these bytes, or `undefined` where it does not pay or they may not be ASCII. Places only move forward. */
  slice(chunk: Buffer, start: number, end: number): string | undefined {
    if (end > this.#end) this.#move(chunk, start, end);
    return this.#text?.slice(start - this.#start, end - this.#start);
  }

  /** To be called when the chunk is done with, and before the next one. */
  clear(): void {
    this.#text = undefined;
    this.#end = 0;
  }

  #move(chunk: Buffer, start: number, end: number): void {
    const windowEnd = Math.min(start + WINDOW_BYTES, chunk.length);
    this.#start = start;
    this.#text = undefined;
    if (windowEnd - start < (end - start) * MIN_MESSAGES) {
      this.#end = end;
      return;
    }
    this.#end = windowEnd;
    const bytes = chunk.subarray(start, windowEnd);
    if (isAscii(bytes)) this.#text = bytes.toString('latin1');
  }
}
