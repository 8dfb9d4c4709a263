// What can go wrong with messages on a connection. One class; switch on `code`. Errors of the socket itself (ECONNRESET…)
// and what a listener threw pass through unchanged beside it.
import type { MessageError } from '@verb-tcp/socket/message';
import type { SchemaIssue } from './schema.js';

/**
 * From the peer's bytes; the connection is over with each of the first group:
 * - `ERR_FRAME_HEADER_INVALID`: a byte that no header may have there. `looksLike` names a known foreign protocol.
 * - `ERR_FRAME_HEADER_TOO_LONG`: a sixteenth digit.
 * - `ERR_FRAME_TOO_LARGE`: a length over `maxMessageBytes`, seen at the header. From `sendMessage`: nothing was written.
 * - `ERR_FRAME_TRUNCATED`: the connection ended inside a message.
 * - `ERR_FRAME_TIMEOUT`: a message was begun and not finished in time.
 *
 * A bad payload inside a known boundary; the connection is over, or lives on with `onInvalid: 'skip'`:
 * - `ERR_FRAME_INVALID_UTF8`, `ERR_FRAME_INVALID_JSON`
 * - `ERR_FRAME_SCHEMA`: `schema` refused it (`issues`). From `sendMessage`: `sendSchema` did, and nothing was written.
 *
 * From our own side:
 * - `ERR_FRAME_NOT_SERIALIZABLE`: JSON cannot carry the value. Nothing was written; the connection is as it was.
 * - `ERR_FRAME_TEXT_MODE`: the socket gives text other than UTF-8. Thrown by the constructor; later, fatal.
 * - `ERR_FRAME_CLOSED`: sent after the end, or not delivered before it. Nothing was written, or it may not have arrived.
 */
export type FrameErrorCode =
  | 'ERR_FRAME_HEADER_INVALID'
  | 'ERR_FRAME_HEADER_TOO_LONG'
  | 'ERR_FRAME_TOO_LARGE'
  | 'ERR_FRAME_INVALID_UTF8'
  | 'ERR_FRAME_INVALID_JSON'
  | 'ERR_FRAME_SCHEMA'
  | 'ERR_FRAME_TRUNCATED'
  | 'ERR_FRAME_TIMEOUT'
  | 'ERR_FRAME_NOT_SERIALIZABLE'
  | 'ERR_FRAME_TEXT_MODE'
  | 'ERR_FRAME_CLOSED';

/** What an error knows beyond its code. */
export interface FrameErrorFacts {
  /** The payload length that the header declared, or that the message sent would have. */
  declaredBytes?: number | undefined;
  /** The limit it broke, in bytes. */
  limitBytes?: number | undefined;
  /** How many bytes of the payload had come. */
  receivedBytes?: number | undefined;
  /** The protocol that the bytes look like, best effort. */
  looksLike?: MessageError['looksLike'];
  /** What the schema found. */
  issues?: readonly SchemaIssue[] | undefined;
  /** What was thrown underneath. */
  cause?: unknown;
}

/** The error of this package. Switch on `code`: `instanceof` fails where two copies of a package are loaded. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: FrameErrorCode;
  readonly declaredBytes: number | undefined;
  readonly limitBytes: number | undefined;
  readonly receivedBytes: number | undefined;
  readonly looksLike: MessageError['looksLike'];
  readonly issues: readonly SchemaIssue[] | undefined;

  constructor(code: FrameErrorCode, message: string, facts: FrameErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.declaredBytes = facts.declaredBytes;
    this.limitBytes = facts.limitBytes;
    this.receivedBytes = facts.receivedBytes;
    this.looksLike = facts.looksLike;
    this.issues = facts.issues;
  }
}

/** The same error of the message format, as an error of this package. */
export function toFrameError(error: MessageError): FrameError {
  return new FrameError(error.code, error.message, error);
}

/** One payload was bad, and where the next message begins is known. */
export function isInsideBoundary(error: Error): boolean {
  const { code } = error as FrameError;
  return code === 'ERR_FRAME_INVALID_UTF8' || code === 'ERR_FRAME_INVALID_JSON' || code === 'ERR_FRAME_SCHEMA';
}
