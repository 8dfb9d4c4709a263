// The application's side of a server: its handlers, and what they are told besides who is connected. Types only.
import type { Socket } from 'node:net';
import type { ConnectionInfo } from './connection-info.js';

/** How a connection went, told once it is over. */
export interface Disconnection {
  /** The error that ended it: the system's, a `TCPError`, or what `destroy` was given. Absent after a clean end. */
  readonly reason: Error | undefined;
  readonly bytesRead: number;
  /** Bytes given to `write`, of which the last ones may not have reached the peer. */
  readonly bytesWritten: number;
  /** How long it was open, in milliseconds. */
  readonly duration: number;
}

/** An answer of `accept` that says more than yes or no. */
export interface Verdict {
  readonly ok: boolean;
  /** Why not: the `reason` that `onRefuse` gets and `stats()` counts by. */
  readonly code?: string | undefined;
  /** When to come back, in milliseconds. Handed on to `onRefuse`. */
  readonly retryAfter?: number | undefined;
}

/** A handler may be `async`; where it throws or rejects see `ERR_TCP_HANDLER_FAILED`. */
export interface TCPHandlers {
  /**
   * A new connection, with nothing read from it yet; a `tls.TLSSocket` with `tls`. Attach the `'data'` listener before
   * the first `await`, or pause.
   */
  onConnection?: ((socket: Socket, info: ConnectionInfo) => unknown) | undefined;
  /**
   * The end of a connection that `accept` let in: exactly one for each, whatever ended it, and also where its TLS
   * handshake failed before `onConnection`. What `accept` took for a connection is given back here.
   */
  onDisconnect?: ((info: ConnectionInfo, end: Disconnection) => unknown) | undefined;
  /**
   * Whether to take a connection, asked as soon as the client's real address is known (behind the PROXY header, before
   * TLS) and answered at once, not by a promise. With several, all must agree.
   */
  accept?: ((info: ConnectionInfo) => boolean | Verdict) | undefined;
  /**
   * `onConnection` will never see this connection; `reason` is a code. Every refusal comes here, counted in `stats()`.
   * `verdict` is what `accept` gave, `error` what failed: of a PROXY header, a handshake, or `accept` itself.
   */
  onRefuse?: ((reason: string, info: ConnectionInfo, verdict?: Verdict, error?: Error) => unknown) | undefined;
  /** A fault of the server: it could not listen, or a handler failed. Never what a peer did, though a handler passes it on. */
  onError?: ((error: Error) => unknown) | undefined;
  /** The server listens. */
  onListening?: (() => unknown) | undefined;
  /** The server stopped listening and its last connection ended. */
  onClose?: (() => unknown) | undefined;
}
