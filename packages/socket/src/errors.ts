// What can be wrong with bytes in the default message format, or with a value that should become such bytes.
// It is thrown by the encoder and the decoder; what becomes of the connection is decided by who calls them.

/**
 * - `ERR_FRAME_HEADER_INVALID`: a byte that no header may have there. The place is lost: fatal.
 * - `ERR_FRAME_HEADER_TOO_LONG`: a sixteenth digit. Fatal.
 * - `ERR_FRAME_TOO_LARGE`: a well-formed length over the limit. Fatal, before anything is buffered.
 * - `ERR_FRAME_INVALID_UTF8`, `ERR_FRAME_INVALID_JSON`: a bad payload inside a known boundary; the next message is fine.
 * - `ERR_FRAME_NOT_SERIALIZABLE`: a value that JSON cannot carry. Nothing was written.
 */
export type MessageErrorCode =
  | 'ERR_FRAME_HEADER_INVALID'
  | 'ERR_FRAME_HEADER_TOO_LONG'
  | 'ERR_FRAME_TOO_LARGE'
  | 'ERR_FRAME_INVALID_UTF8'
  | 'ERR_FRAME_INVALID_JSON'
  | 'ERR_FRAME_NOT_SERIALIZABLE';

/** Protocols that commonly reach the wrong port. */
export type ForeignProtocol = 'http' | 'http2' | 'tls' | 'ssh' | 'proxy' | 'redis' | 'smb' | 'json';

/** What an error knows beyond its code. */
export interface MessageErrorFacts {
  /** The payload length that the header declared. */
  declaredBytes?: number | undefined;
  /** The limit it broke. */
  limitBytes?: number | undefined;
  /** The protocol that the first bytes look like, best effort. */
  looksLike?: ForeignProtocol | undefined;
  /** What was thrown underneath. */
  cause?: unknown;
}

/** The error of the message format. Switch on `code`. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly code: MessageErrorCode;
  readonly declaredBytes: number | undefined;
  readonly limitBytes: number | undefined;
  readonly looksLike: ForeignProtocol | undefined;

  constructor(code: MessageErrorCode, message: string, facts: MessageErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.declaredBytes = facts.declaredBytes;
    this.limitBytes = facts.limitBytes;
    this.looksLike = facts.looksLike;
  }
}
