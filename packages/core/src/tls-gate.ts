// Turns accepted sockets into TLS sockets, with all that `tls.createServer` can do. Node's own TLS server does it, though
// it never listens: sockets are handed to it, which its documentation allows.
import type { Socket } from 'node:net';
import type { Server, TLSSocket, TlsOptions } from 'node:tls';
import type { TLSInfo } from './connection-info.js';
import { TCPError } from './errors.js';

/** One of these gives a server what it shows its clients; Node takes none as well, and then no handshake can succeed. */
const credentials = ['cert', 'pfx', 'SNICallback', 'pskCallback'] as const;

/** Node's own deadline for the handshake cannot be switched off; ours is earlier. */
const NEVER = 2_147_483_647;

interface Pending {
  resolve(socket: TLSSocket): void;
  reject(error: TCPError): void;
  guard(socket: TLSSocket): void;
}

export class TLSGate {
  readonly #server: Server;
  readonly #asksForCertificate: boolean;
  readonly #pending = new Map<Socket, Pending>();

  /** @throws TypeError for a certificate that is absent or cannot be read, or another wrong value; `cause` is Node's error. */
  constructor(options: TlsOptions) {
    if (credentials.every((name) => options[name] === undefined)) {
      throw new TypeError('tls needs cert and key, or pfx, or SNICallback, or pskCallback: without them no handshake succeeds');
    }
    // Loaded when the first server speaks it: it takes longer than all of this package.
    const tls = process.getBuiltinModule('node:tls');
    try {
      this.#server = tls.createServer({ handshakeTimeout: NEVER, ...options });
    } catch (cause) {
      throw new TypeError(`tls: ${(cause as Error).message}`, { cause });
    }
    this.#asksForCertificate = options.requestCert === true;
    this.#server.on('secureConnection', (socket) => {
      const pending = this.#take(socket);
      pending?.guard(socket);
      pending?.resolve(socket);
    });
    this.#server.on('tlsClientError', (cause, socket) => {
      this.#take(socket)?.reject(failed(reasonOf(cause, socket), cause));
      socket.destroy();
    });
  }

  /**
   * The TLS socket over `raw`, once its handshake is done; bytes that wait in `raw` are the first of it. `guard` gets it
   * before anything else can happen to it. Rejects with `ERR_TCP_TLS_FAILED`; `raw` is then the caller's to destroy.
   */
  secure(raw: Socket, guard: (socket: TLSSocket) => void): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      this.#pending.set(raw, { resolve, reject, guard });
      // For whatever ends without an event of the TLS server; its own comes some ticks after the socket below has closed.
      raw.once('close', () => setImmediate(() => this.#pending.delete(raw) && reject(failed('the connection ended'))));
      try {
        this.#server.emit('connection', raw);
      } catch (cause) {
        this.#pending.delete(raw);
        reject(failed((cause as Error).message, cause));
      }
    });
  }

  /** What the handshake on this socket agreed on. */
  describe(socket: TLSSocket): TLSInfo {
    const { authorized, authorizationError } = socket;
    return {
      protocol: socket.getProtocol() ?? '',
      cipher: socket.getCipher().standardName,
      serverName: textOf((socket as { servername?: unknown }).servername),
      alpnProtocol: textOf(socket.alpnProtocol),
      authorized,
      // Node has an Error's code here, typed as an Error.
      authorizationError: textOf(authorizationError),
      fingerprint256: this.#asksForCertificate ? textOf(socket.getPeerCertificate().fingerprint256) : undefined,
      sessionReused: socket.isSessionReused(),
    };
  }

  #take(socket: TLSSocket): Pending | undefined {
    // The socket below, which Node has no public name for.
    const raw = (socket as unknown as { _parent: Socket })._parent;
    const pending = this.#pending.get(raw);
    this.#pending.delete(raw);
    return pending;
  }
}

function failed(why: string, cause?: unknown): TCPError {
  return new TCPError('ERR_TCP_TLS_FAILED', `the TLS handshake failed: ${why}`, { cause });
}

function reasonOf(cause: Error, socket: TLSSocket): string {
  // A certificate that was not good enough: Node ends the connection without an error of its own.
  const rejected = textOf(socket.authorizationError);
  if (rejected !== undefined) return rejected;
  // The message of an OpenSSL error is its whole trace.
  const { reason, code } = cause as { reason?: string; code?: string };
  return reason === undefined ? cause.message : `${reason} (${code})`;
}

/** Node says `false`, `null` or `''` where there is none. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
