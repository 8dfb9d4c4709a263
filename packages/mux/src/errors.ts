// What can go wrong in a multiplexer. One class; switch on `code`, and on a stream's error also on `muxCode`.

/**
 * The session's, or one stream's (then `code` is Node's own and this is `muxCode`). "Session" below means: every stream
 * that had not seen its end fails, the carrier is closed, the process and other connections go on.
 * - `ERR_MUX_PROTOCOL`: the peer broke the wire. The session.
 * - `ERR_MUX_FLOW_CONTROL`: the peer sent more than it was granted. The session.
 * - `ERR_MUX_FRAME_SIZE`: a control frame over 64 KiB. The session.
 * - `ERR_MUX_STREAM_RESET`: a stream was ended abruptly. That stream.
 * - `ERR_MUX_STREAM_REFUSED`: the peer did not take the stream; nothing of it was processed. That stream.
 * - `ERR_MUX_STREAM_CLOSED`: the stream is unknown or closed, or its peer closed or fell silent. That stream.
 * - `ERR_MUX_TOO_MANY_STREAMS`: too many of our own opens wait. The call.
 * - `ERR_MUX_OPEN_TIMEOUT`: the peer did not answer an open in time. That stream.
 * - `ERR_MUX_GOAWAY`: the peer takes no new streams, or we do not. The call.
 * - `ERR_MUX_KEEPALIVE_TIMEOUT`: the peer is silent. The session.
 * - `ERR_MUX_WRITE_STALL`: the carrier takes no bytes. The session.
 * - `ERR_MUX_CALM`: the peer provokes more work than it may. The session.
 * - `ERR_MUX_IDS_EXHAUSTED`: every id was used once. The call; open streams go on.
 * - `ERR_MUX_UNSUPPORTED`: the peer does not speak the extension. The call, or with `extensions: 'require'` the session.
 * - `ERR_MUX_SESSION_CLOSED`: the carrier is gone or the multiplexer is closed. The session.
 */
export type MuxErrorCode =
  | 'ERR_MUX_PROTOCOL'
  | 'ERR_MUX_FLOW_CONTROL'
  | 'ERR_MUX_FRAME_SIZE'
  | 'ERR_MUX_STREAM_RESET'
  | 'ERR_MUX_STREAM_REFUSED'
  | 'ERR_MUX_STREAM_CLOSED'
  | 'ERR_MUX_TOO_MANY_STREAMS'
  | 'ERR_MUX_OPEN_TIMEOUT'
  | 'ERR_MUX_GOAWAY'
  | 'ERR_MUX_KEEPALIVE_TIMEOUT'
  | 'ERR_MUX_WRITE_STALL'
  | 'ERR_MUX_CALM'
  | 'ERR_MUX_IDS_EXHAUSTED'
  | 'ERR_MUX_UNSUPPORTED'
  | 'ERR_MUX_SESSION_CLOSED';

/** What Node's own sockets would say. */
export type StreamErrorCode = 'ECONNRESET' | 'EPIPE' | 'ETIMEDOUT';

/** What an error knows beyond its codes. */
export interface MuxErrorFacts {
  /** Node's code, where the error is a stream's. */
  nodeCode?: StreamErrorCode | undefined;
  /** Whose. */
  streamId?: number | undefined;
  /** The number that went over the wire: 8 cancel, 7 refused…, from 256 the application's. */
  resetCode?: number | undefined;
  /** The peer did it, or the network. */
  remote?: boolean | undefined;
  /** What was thrown underneath. */
  cause?: unknown;
}

/** The error of this package. Switch on the codes: `instanceof` fails where two copies of a package are loaded. */
export class MuxError extends Error {
  override readonly name = 'MuxError';
  /** Of a stream's error Node's own code, so that code for sockets works; of any other the same as `muxCode`. */
  readonly code: MuxErrorCode | StreamErrorCode;
  readonly muxCode: MuxErrorCode;
  readonly streamId: number | undefined;
  readonly resetCode: number | undefined;
  readonly remote: boolean;

  constructor(muxCode: MuxErrorCode, message: string, facts: MuxErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.nodeCode ?? muxCode;
    this.muxCode = muxCode;
    this.streamId = facts.streamId;
    this.resetCode = facts.resetCode;
    this.remote = facts.remote ?? false;
  }
}

/** Whether it is an error of this package, also of another copy of it. */
export function isMuxError(error: unknown): error is MuxError {
  return error instanceof Error && error.name === 'MuxError' && 'muxCode' in error;
}
