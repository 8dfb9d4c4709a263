// What can go wrong with binary messages on a connection. One class; switch on `code`. Errors of the socket itself
// (ECONNRESET…) and what a listener threw pass through unchanged beside it.
import type { ForeignProtocol } from '@verb-tcp/socket/message';

/**
 * From the peer's bytes; the connection is over with each:
 * - `ERR_FRAME_TOO_LARGE`: a length over `maxPayloadBytes`, seen at the header. `looksLike` names a known foreign protocol.
 * - `ERR_FRAME_UNKNOWN_TYPE`: a type that is not of `knownTypes`.
 * - `ERR_FRAME_RESERVED_FLAGS`: a flag that is not of `knownFlags`.
 * - `ERR_FRAME_TRUNCATED`: the connection ended inside a message.
 * - `ERR_FRAME_TIMEOUT`: a message was begun and not finished in time.
 * - `ERR_FRAME_HEARTBEAT_TIMEOUT`: no byte came for `heartbeatTimeout`.
 *
 * The first three are also thrown by `sendBinaryMessage`: nothing was written, and the connection is as it was.
 *
 * From our own side:
 * - `ERR_FRAME_TEXT_MODE`: the socket gives text. Thrown by the constructor; later, fatal.
 * - `ERR_FRAME_CLOSED`: sent after the end, or not delivered before it. Nothing was written, or it may not have arrived.
 */
export type FrameErrorCode =
  | 'ERR_FRAME_TOO_LARGE'
  | 'ERR_FRAME_UNKNOWN_TYPE'
  | 'ERR_FRAME_RESERVED_FLAGS'
  | 'ERR_FRAME_TRUNCATED'
  | 'ERR_FRAME_TIMEOUT'
  | 'ERR_FRAME_HEARTBEAT_TIMEOUT'
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
  looksLike?: ForeignProtocol | undefined;
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
  readonly looksLike: ForeignProtocol | undefined;

  constructor(code: FrameErrorCode, message: string, facts: FrameErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.declaredBytes = facts.declaredBytes;
    this.limitBytes = facts.limitBytes;
    this.receivedBytes = facts.receivedBytes;
    this.looksLike = facts.looksLike;
  }
}
