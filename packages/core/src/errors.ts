// Every error this package makes. Errors of the operating system (`EADDRINUSE`, `ECONNRESET`…) pass through unchanged.

/**
 * What happened, and what still works:
 *
 * - `ERR_TCP_UNKNOWN_PROTOCOL`: `createServer` was asked for a protocol that is not here. Nothing was created.
 * - `ERR_TCP_ALREADY_LISTENING`: `listen` on a server that listens, or is about to. It goes on as it was.
 * - `ERR_TCP_CLOSED`: `close` came before `listen` had bound, or `listen` came before `close` had ended, or the
 *   descriptor `fd` was a server's before: nothing is bound. Of an outgoing connection: the peer closed it before it could be
 *   used, or ended a try of `reconnecting`.
 * - `ERR_TCP_CONNECTION_LIMIT`: refused, `maxConnections` are open. The others, and the next one that fits, are served.
 * - `ERR_TCP_NOT_ACCEPTED`: refused by `accept`. The server serves on.
 * - `ERR_TCP_DRAINING`: refused, the server is shutting down. Connections from before it are drained.
 * - `ERR_TCP_UNTRUSTED_PROXY`: refused, `proxyProtocol` is set and the peer is none of `trustedProxies`. The server serves on.
 * - `ERR_TCP_PROXY_INVALID`: refused, what came first is no PROXY header of the expected version. The server serves on.
 * - `ERR_TCP_PROXY_TOO_LONG`: refused, a PROXY header of version 1 did not end within its 107 bytes. The server serves on.
 * - `ERR_TCP_PROXY_TRUNCATED`: refused, the connection ended before its PROXY header did. The server serves on.
 * - `ERR_TCP_TLS_FAILED`: refused, the TLS handshake failed; `cause` is TLS's error. The server serves on.
 * - `ERR_TCP_HANDSHAKE_TIMEOUT`: refused, not usable within `handshakeTimeout`. The server serves on.
 * - `ERR_TCP_TIMEOUT`: no byte moved for `timeout`. This connection is destroyed.
 * - `ERR_TCP_WRITE_STALLED`: pending output did not move for `writeStallTimeout`. This connection is destroyed.
 * - `ERR_TCP_DRAIN_TIMEOUT`: still open at the end of the grace period. This connection is destroyed.
 * - `ERR_TCP_HANDLER_FAILED`: a handler of the application threw or rejected; `cause` is what it threw. Its connection,
 *   if it had one, is destroyed; of `accept`, refused. The server serves on.
 * - `ERR_TCP_CONNECT_TIMEOUT`: an outgoing connection could not be used within `connectTimeout`. Nothing is left of it.
 * - `ERR_TCP_RECONNECT_EXHAUSTED`: `maxAttempts` tries brought no stable connection; `cause` is what ended the last one.
 */
export type TCPErrorCode =
  | 'ERR_TCP_UNKNOWN_PROTOCOL'
  | 'ERR_TCP_ALREADY_LISTENING'
  | 'ERR_TCP_CLOSED'
  | 'ERR_TCP_CONNECTION_LIMIT'
  | 'ERR_TCP_NOT_ACCEPTED'
  | 'ERR_TCP_DRAINING'
  | 'ERR_TCP_UNTRUSTED_PROXY'
  | 'ERR_TCP_PROXY_INVALID'
  | 'ERR_TCP_PROXY_TOO_LONG'
  | 'ERR_TCP_PROXY_TRUNCATED'
  | 'ERR_TCP_TLS_FAILED'
  | 'ERR_TCP_HANDSHAKE_TIMEOUT'
  | 'ERR_TCP_TIMEOUT'
  | 'ERR_TCP_WRITE_STALLED'
  | 'ERR_TCP_DRAIN_TIMEOUT'
  | 'ERR_TCP_HANDLER_FAILED'
  | 'ERR_TCP_CONNECT_TIMEOUT'
  | 'ERR_TCP_RECONNECT_EXHAUSTED';

/** The error of this package. Switch on `code`: `instanceof` fails where two copies of a package are loaded. */
export class TCPError extends Error {
  override readonly name = 'TCPError';
  readonly code: TCPErrorCode;

  constructor(code: TCPErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether it is an error of this package, also of another copy of it: its `code` can then be switched on as a `TCPErrorCode`. */
export function isTCPError(error: unknown): error is TCPError {
  return error instanceof Error && error.name === 'TCPError' && 'code' in error;
}
