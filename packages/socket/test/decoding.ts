// What a decoder gave, as plain data, so that two ways of feeding it the same bytes can be compared.
import { readFileSync } from 'node:fs';
import { createMessageDecoder, MessageError, type MessageDecoder, type MessageErrorCode } from '@verb-tcp/socket/message';

export const MAX_MESSAGE_BYTES: number = 1024 * 1024;

/** The golden bytes of the message format, in hex. */
export const vectors: {
  json: { message: unknown; bytes: string }[];
  jsonBadHeaders: { bytes: string; code: MessageErrorCode }[];
} = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));

export type Outcome = { message: unknown } | { code: MessageErrorCode };

/** Everything the decoder gives now. Anything but a MessageError is thrown on. */
export function drain(decoder: MessageDecoder): Outcome[] {
  const outcomes: Outcome[] = [];
  for (;;) {
    try {
      const message = decoder.next();
      if (message === undefined) return outcomes;
      outcomes.push({ message });
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      outcomes.push({ code: error.code });
    }
  }
}

/** What these chunks give a fresh decoder, drained after each, as a framer does. */
export function decode(chunks: Iterable<Uint8Array>, maxMessageBytes: number = MAX_MESSAGE_BYTES): Outcome[] {
  const decoder = createMessageDecoder({ maxMessageBytes });
  const outcomes: Outcome[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    outcomes.push(...drain(decoder));
  }
  return outcomes;
}

/** `bytes` cut at these places, in any order. */
export function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const sorted = [0, ...places.filter((place) => place <= bytes.length).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
}

export function everyByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}
