// The decoder of JSON messages, alone: bad input whole and cut at every place, and random damage to good input. The answer
// must be the same for every chunking: messages, and errors with the right codes; never anything thrown besides.
import { createMessageDecoder, encodeMessage } from '@verb-tcp/socket/message';
import { corpus, everySplit } from '@verb-tcp/testing';
import { createRandom, type Random } from '../random.js';

export interface Found {
  /** How many inputs were tried. */
  tried: number;
  /** What was not as it should be, in words; the first of them, and how many. */
  faults: string[];
  count: number;
  /** How often each code was the answer. */
  codes: Record<string, number>;
}

export interface DecoderFuzz {
  /** Every line of the corpus, whole, cut in two at every place, and byte by byte. */
  corpus(): Found;
  mutate(rounds: number, seed: number): Found;
}

const MAX_FAULTS = 5;
const PAYLOAD_CODES = new Set(['ERR_FRAME_INVALID_UTF8', 'ERR_FRAME_INVALID_JSON']);
const HEADER_CODES = new Set(['ERR_FRAME_HEADER_INVALID', 'ERR_FRAME_HEADER_TOO_LONG', 'ERR_FRAME_TOO_LARGE']);
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** For mutations: so small that random lengths are on both sides of it. */
const SMALL_MESSAGE_BYTES = 64;

interface Answer {
  messages: unknown[];
  codes: string[];
  isInsideMessage: boolean;
}

/** All that a decoder makes of these chunks. Throws what no decoder may throw. */
function decode(chunks: readonly Uint8Array[], maxMessageBytes: number): Answer {
  const decoder = createMessageDecoder({ maxMessageBytes });
  const answer: Answer = { messages: [], codes: [], isInsideMessage: false };
  let isLost = false;
  for (const chunk of chunks) {
    decoder.push(chunk);
    while (!isLost) {
      try {
        const message = decoder.next();
        if (message === undefined) break;
        answer.messages.push(message);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === undefined || !(PAYLOAD_CODES.has(code) || HEADER_CODES.has(code))) throw error;
        answer.codes.push(code);
        isLost = HEADER_CODES.has(code);
      }
    }
    if (decoder.byteLength > maxMessageBytes) throw new Error(`holds ${decoder.byteLength} bytes of ${maxMessageBytes}`);
  }
  answer.isInsideMessage = decoder.isInsideMessage;
  return answer;
}

export function decoderFuzz(_settings: object): DecoderFuzz {
  return { corpus: tryCorpus, mutate };
}

class Log {
  readonly found: Found = { tried: 0, faults: [], count: 0, codes: {} };

  note(codes: readonly string[]): void {
    this.found.tried++;
    for (const code of codes) this.found.codes[code] = (this.found.codes[code] ?? 0) + 1;
  }

  fault(text: string): void {
    this.found.count++;
    if (this.found.faults.length < MAX_FAULTS) this.found.faults.push(text);
  }
}

function tryCorpus(): Found {
  const log = new Log();
  const check = (name: string, bytes: Buffer, isRight: (answer: Answer) => boolean): void => {
    everySplit(bytes, (chunks) => {
      try {
        const answer = decode(chunks, MAX_MESSAGE_BYTES);
        log.note(answer.codes);
        if (!isRight(answer)) log.fault(`${name} in ${chunks.length}: ${JSON.stringify(answer)}`);
      } catch (error) {
        log.fault(`${name} in ${chunks.length}: thrown ${String(error)}`);
      }
    });
  };
  const good = Buffer.from(encodeMessage(42));
  for (const { name, bytes, code, fatal, messagesBefore } of corpus.json) {
    check(name, bytes, ({ codes, messages }) => codes[0] === code && messages.length >= messagesBefore);
    // Where the boundary is known, the next message is read all the same; where not, nothing is any more.
    check(`${name}, then a message`, Buffer.concat([bytes, good]), ({ messages }) => (messages.at(-1) === 42) === !fatal);
  }
  for (const { name, bytes, messagesBefore } of corpus.jsonTruncated) {
    check(name, bytes, ({ codes, messages, isInsideMessage }) => {
      return codes.length === 0 && messages.length === messagesBefore && isInsideMessage;
    });
  }
  for (const { name, bytes } of corpus.foreign) {
    check(name, bytes, ({ codes, messages }) => codes.join() === 'ERR_FRAME_HEADER_INVALID' && messages.length === 0);
  }
  return log.found;
}

function mutate(rounds: number, seed: number): Found {
  const log = new Log();
  const random = createRandom(seed);
  // Most of the time would go into stacks that nobody looks at.
  Error.stackTraceLimit = 0;
  const good = Buffer.concat(
    [{ type: 'ping' }, { a: 'é' }, ['😀', 1, null], 'text', 42, { nested: { deep: [true] } }].map((value) => Buffer.from(encodeMessage(value))),
  );
  for (let round = 0; round < rounds; round++) {
    const bytes = damage(good, random);
    try {
      const whole = decode([bytes], SMALL_MESSAGE_BYTES);
      const cut = decode(cutAtRandom(bytes, random), SMALL_MESSAGE_BYTES);
      log.note(whole.codes);
      if (JSON.stringify(whole) !== JSON.stringify(cut)) log.fault(`round ${round}: ${bytes.toString('hex')} differs when cut`);
    } catch (error) {
      log.fault(`round ${round}: ${bytes.toString('hex')}: ${String(error)}`);
    }
  }
  return log.found;
}

function damage(good: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(good);
  for (let change = random(4); change >= 0; change--) {
    const at = random(bytes.length);
    const kind = random(5);
    if (kind === 0) bytes[at] = random(256);
    else if (kind === 1) bytes[at] = (bytes[at] as number) ^ (1 << random(8));
    else if (kind === 2) bytes.copyWithin(at, random(bytes.length));
    else if (kind === 3) bytes.fill(0x31 + random(9), at, Math.min(bytes.length, at + random(20)));
    else bytes[at] = 0x30 + random(10);
  }
  return bytes.subarray(random(4) === 0 ? random(bytes.length) : 0);
}

function cutAtRandom(bytes: Buffer, random: Random): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(random(2) === 0 ? 4 : 40);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}
