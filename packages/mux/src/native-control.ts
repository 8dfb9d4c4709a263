// One control message of the documented wire: JSON bytes in, one event of the codec out. It trusts nothing: UTF-8,
// depth, types and ranges are checked, and keys are looked up as own properties. It never throws.
import { isUtf8 } from 'node:buffer';
import type { CodecEvents, CodecLimits } from './codec.js';

/** Of a whole message; metadata is one level in. */
export const MAX_DEPTH = 8;
const MAX_ID = 2 ** 32 - 1;
const MAX_REASON_CHARACTERS = 1024;
const MAX_CAPS = 64;

type Fields = Record<string, unknown>;

/** Tells the event of one message, or `fail`. */
export function readControl(bytes: Buffer, events: CodecEvents, limits: CodecLimits): void {
  const message = parse(bytes);
  if (message === undefined) return events.fail('ERR_MUX_PROTOCOL', 'a control frame is not one JSON object of depth 8 or less in UTF-8');
  const type = own(message, 'type');
  if (typeof type !== 'string') return events.fail('ERR_MUX_PROTOCOL', 'a control message has no type');
  if (!tell(type, message, events, limits, bytes.length)) events.fail('ERR_MUX_PROTOCOL', `a control message of type ${JSON.stringify(type.slice(0, 32))} is malformed`);
}

/** False where a field is missing or out of range. */
function tell(type: string, message: Fields, events: CodecEvents, limits: CodecLimits, byteLength: number): boolean {
  switch (type) {
    case 'stream_create':
      return tellOpen(message, events, limits, byteLength);
    case 'stream_close':
      return withId(message, 'streamId', (id) => events.fin(id));
    case 'stream_ack':
      return withId(message, 'streamId', (id) => events.ack(id));
    case 'stream_reset':
      return withId(message, 'streamId', (id) => events.reset(id, number(own(message, 'code'), 0, MAX_ID) ?? 0, reasonOf(message)));
    case 'window':
      return tellWindows(own(message, 'w'), events);
    case 'ping':
      return withNumber(message, 'id', (id) => events.ping(id));
    case 'pong':
      return withNumber(message, 'id', (id) => events.pong(id));
    case 'goaway':
      return withNumber(message, 'lastStreamId', (last) => events.goaway(last, number(own(message, 'code'), 0, MAX_ID) ?? 0, reasonOf(message)));
    case 'hello':
      return tellHello(message, events);
    case 'hello_ack':
      events.helloAck();
      return true;
    default:
      events.unknown();
      return true;
  }
}

function tellOpen(message: Fields, events: CodecEvents, limits: CodecLimits, byteLength: number): boolean {
  const id = number(own(message, 'streamId'), 1, MAX_ID);
  const type = own(message, 'streamType');
  const metadata = Object.hasOwn(message, 'metadata') ? message['metadata'] : {};
  if (id === undefined || typeof type !== 'string') return false;
  // Only a frame over the limit can hold metadata over it.
  if (byteLength > limits.maxMetadataBytes && Buffer.byteLength(JSON.stringify(metadata)) > limits.maxMetadataBytes) {
    events.fail('ERR_MUX_FRAME_SIZE', `the metadata of stream ${id} is over ${limits.maxMetadataBytes} bytes`);
    return true;
  }
  events.open(id, type, metadata);
  return true;
}

function tellWindows(windows: unknown, events: CodecEvents): boolean {
  if (!Array.isArray(windows)) return false;
  for (const pair of windows as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    const id = number(pair[0], 1, MAX_ID);
    const offset = number(pair[1], 0, Number.MAX_SAFE_INTEGER);
    if (id === undefined || offset === undefined) return false;
    events.grant(id, offset);
  }
  return true;
}

function tellHello(message: Fields, events: CodecEvents): boolean {
  const caps = own(message, 'caps');
  const version = number(own(message, 'version'), 1, MAX_ID);
  const initialWindow = number(own(message, 'initialWindow'), 0, Number.MAX_SAFE_INTEGER);
  const maxStreams = number(own(message, 'maxStreams'), 0, MAX_ID);
  if (!Array.isArray(caps) || caps.length > MAX_CAPS || version === undefined || initialWindow === undefined || maxStreams === undefined) {
    return false;
  }
  events.hello({ caps: caps.filter((cap): cap is string => typeof cap === 'string'), initialWindow, maxStreams });
  return true;
}

function withId(message: Fields, key: string, then: (id: number) => void): boolean {
  const id = number(own(message, key), 1, MAX_ID);
  if (id === undefined) return false;
  then(id);
  return true;
}

function withNumber(message: Fields, key: string, then: (value: number) => void): boolean {
  const value = number(own(message, key), 0, MAX_ID);
  if (value === undefined) return false;
  then(value);
  return true;
}

function reasonOf(message: Fields): string {
  const reason = own(message, 'reason');
  return typeof reason === 'string' ? reason.slice(0, MAX_REASON_CHARACTERS) : '';
}

function own(message: Fields, key: string): unknown {
  return Object.hasOwn(message, key) ? message[key] : undefined;
}

function number(value: unknown, min: number, max: number): number | undefined {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max ? (value as number) : undefined;
}

function parse(bytes: Buffer): Fields | undefined {
  if (!isUtf8(bytes) || depthOf(bytes) > MAX_DEPTH) return undefined;
  try {
    const message: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof message === 'object' && message !== null && !Array.isArray(message) ? (message as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** How deep brackets nest, so that `JSON.parse` never sees what could exhaust its stack. */
export function depthOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) isText = false;
    } else if (byte === 0x22) isText = true;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return deepest;
}
