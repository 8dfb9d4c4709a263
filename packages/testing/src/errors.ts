// What goes wrong in a test and is not the socket's own error, which passes through unchanged.

/**
 * - `ERR_TESTING_CHECK_FAILED`: a check threw for one way to cut the bytes; `cuts` (and `seed`) say which, `cause` why.
 * - `ERR_TESTING_HANDLER_FAILED`: `onConnection` of a test server threw or rejected; `cause` is what it threw. That
 *   connection is destroyed, the server serves on.
 * - `ERR_TESTING_ALREADY_CONNECTED`: `connect` was called a second time. The connection is as it was.
 * - `ERR_TESTING_CLIENT_CLOSED`: the client was destroyed before it was connected. Make a new one.
 * - `ERR_TESTING_PORT_UNAVAILABLE`: a test server could not have its port. Nothing listens.
 * - `ERR_TESTING_NOT_LISTENING`: `address` of a test server that is closed. Nothing changed.
 * - `ERR_TESTING_CASE_TIMEOUT`: a conformance case did not settle in time; the message says what had happened by then.
 */
export type TestingErrorCode =
  | 'ERR_TESTING_CHECK_FAILED'
  | 'ERR_TESTING_HANDLER_FAILED'
  | 'ERR_TESTING_ALREADY_CONNECTED'
  | 'ERR_TESTING_CLIENT_CLOSED'
  | 'ERR_TESTING_PORT_UNAVAILABLE'
  | 'ERR_TESTING_NOT_LISTENING'
  | 'ERR_TESTING_CASE_TIMEOUT';

/** What an error knows beyond its code. */
export interface TestingErrorFacts {
  /** The offsets at which the bytes were cut. */
  cuts?: readonly number[] | undefined;
  /** The seed that repeats the run. */
  seed?: number | undefined;
  /** What was thrown underneath. */
  cause?: unknown;
}

/** The error of the test tools. Switch on `code`. */
export class TestingError extends Error {
  override readonly name = 'TestingError';
  readonly code: TestingErrorCode;
  readonly cuts: readonly number[] | undefined;
  readonly seed: number | undefined;

  constructor(code: TestingErrorCode, message: string, facts: TestingErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.cuts = facts.cuts;
    this.seed = facts.seed;
  }
}
