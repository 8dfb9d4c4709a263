// What goes wrong in a test and is not the socket's own error, which passes through unchanged.

/**
 * - `ERR_TESTING_CHECK_FAILED`: a check threw for one way to cut the bytes; `cuts` (and `seed`) say which, `cause` why.
 * - `ERR_TESTING_HANDLER_FAILED`: `onConnection` of a test server threw or rejected; `cause` is what it threw. That
 *   connection is destroyed, the server serves on.
 * - `ERR_TESTING_ALREADY_CONNECTED`: `connect` was called a second time. The connection is as it was.
 * - `ERR_TESTING_CLIENT_CLOSED`: the client was destroyed before it was connected. Make a new one.
 * - `ERR_TESTING_PORT_UNAVAILABLE`: a test server or proxy could not have its port. Nothing listens.
 * - `ERR_TESTING_NOT_LISTENING`: `address` of a test server that is closed. Nothing changed.
 * - `ERR_TESTING_CASE_TIMEOUT`: a conformance case did not settle in time; the message says what had happened by then.
 * - `ERR_TESTING_PROXY_CLOSED`: `up` of a proxy that was closed. Make a new one.
 * - `ERR_TESTING_HANDLES_OPEN`: handles were left open; the message lists them. They still are.
 * - `ERR_TESTING_SCRIPT_FAILED`: the code under test did not follow a script; the message has the transcript. The socket
 *   is destroyed.
 */
export type TestingErrorCode =
  | 'ERR_TESTING_CHECK_FAILED'
  | 'ERR_TESTING_HANDLER_FAILED'
  | 'ERR_TESTING_ALREADY_CONNECTED'
  | 'ERR_TESTING_CLIENT_CLOSED'
  | 'ERR_TESTING_PORT_UNAVAILABLE'
  | 'ERR_TESTING_NOT_LISTENING'
  | 'ERR_TESTING_CASE_TIMEOUT'
  | 'ERR_TESTING_PROXY_CLOSED'
  | 'ERR_TESTING_HANDLES_OPEN'
  | 'ERR_TESTING_SCRIPT_FAILED';

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
  /** Absent where there are none, so that a printed error shows what it has. */
  declare readonly cuts?: readonly number[];
  declare readonly seed?: number;

  constructor(code: TestingErrorCode, message: string, facts: TestingErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    if (facts.cuts !== undefined) this.cuts = facts.cuts;
    if (facts.seed !== undefined) this.seed = facts.seed;
  }
}
