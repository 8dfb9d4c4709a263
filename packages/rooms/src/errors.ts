// What can go wrong in rooms. One class; switch on `code`.

/**
 * Refused; nothing changed, the call gave `false`, and this is an `'error'` event where somebody listens:
 * - `ERR_ROOMS_NAME_INVALID`: a room name that is no string, is empty, or is over `maxRoomNameBytes`.
 * - `ERR_ROOMS_TOO_MANY_CLIENTS`, `ERR_ROOMS_TOO_MANY_ROOMS`, `ERR_ROOMS_TOO_MANY_PER_CLIENT`: a limit is reached.
 *
 * What a slow member's socket is destroyed with; every other member goes on:
 * - `ERR_ROOMS_SLOW`: over `maxBufferedBytes` on two turns, and its bytes stand still, or grow by as much again.
 * - `ERR_ROOMS_STALLED`: no byte left for `stallTimeout`.
 *
 * From your own code; rooms, members and other messages are as they were:
 * - `ERR_ROOMS_ENCODE`: `encode` threw, or gave neither bytes nor a string. Thrown by the call; an `'error'` for a notice.
 * - `ERR_ROOMS_HANDLER_FAILED`: a listener or `slowConsumer` threw, or it gave no action. The cause is what it threw.
 */
export type RoomsErrorCode =
  | 'ERR_ROOMS_NAME_INVALID'
  | 'ERR_ROOMS_TOO_MANY_CLIENTS'
  | 'ERR_ROOMS_TOO_MANY_ROOMS'
  | 'ERR_ROOMS_TOO_MANY_PER_CLIENT'
  | 'ERR_ROOMS_SLOW'
  | 'ERR_ROOMS_STALLED'
  | 'ERR_ROOMS_ENCODE'
  | 'ERR_ROOMS_HANDLER_FAILED';

/** What an error knows beyond its code. */
export interface RoomsErrorFacts {
  /** Whom it concerns. */
  connectionId?: string | undefined;
  /** The limit that was reached: a count, bytes or milliseconds. */
  limit?: number | undefined;
  /** Bytes that waited in the member's socket. */
  bufferedBytes?: number | undefined;
  /** What was thrown underneath. */
  cause?: unknown;
}

/** The error of this package. Switch on `code`: `instanceof` fails where two copies of a package are loaded. */
export class RoomsError extends Error {
  override readonly name = 'RoomsError';
  readonly code: RoomsErrorCode;
  readonly connectionId: string | undefined;
  readonly limit: number | undefined;
  readonly bufferedBytes: number | undefined;

  constructor(code: RoomsErrorCode, message: string, facts: RoomsErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.connectionId = facts.connectionId;
    this.limit = facts.limit;
    this.bufferedBytes = facts.bufferedBytes;
  }
}
