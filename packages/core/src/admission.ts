// From accept to the application: the limit, the PROXY header, `accept`, TLS, in this order. Each connection that comes
// in here is either served or refused, once.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Connection } from './connection.js';
import { TCPError, type TCPErrorCode } from './errors.js';
import { Handshakes } from './handshakes.js';
import { guardListeners } from './listener-guard.js';
import type { GivenSettings, ProxyProtocol } from './options.js';
import { readProxyHeader } from './proxy-reader.js';
import type { Refusal, Refusals } from './refusals.js';
import { TLSGate } from './tls-gate.js';
import { TrustedProxies } from './trusted-proxies.js';

/** What the server does with those who come through, and when it takes nobody. */
export interface Host {
  /** Why nobody may come in now. */
  refusal(): TCPErrorCode | undefined;
  readonly isDraining: boolean;
  serve(connection: Connection): void;
  /** A connection has closed, and it is known what became of it here. */
  onClose(connection: Connection): void;
}

/** What stands between accept and the application. */
export interface Gates {
  readonly proxies: { readonly expected: ProxyProtocol; readonly trusted: TrustedProxies } | undefined;
  readonly tls: TLSGate | undefined;
}

export const noGates: Gates = { proxies: undefined, tls: undefined };

/**
 * The gates after `given` came to `settings`. What was not given stays, with the sessions that clients may resume.
 *
 * @throws what `TrustedProxies` and `TLSGate` throw; nothing has changed then.
 */
export function changeGates(gates: Gates, given: GivenSettings, { proxyProtocol, trustedProxies }: GivenSettings): Gates {
  const proxies = proxyProtocol && trustedProxies && { expected: proxyProtocol, trusted: new TrustedProxies(trustedProxies) };
  return { proxies, tls: given.tls === undefined ? gates.tls : new TLSGate(given.tls) };
}

export class Admission {
  readonly #host: Host;
  readonly #refusals: Refusals;
  readonly #handshakes = new Handshakes();
  #gates = noGates;
  #handshakeTimeout = Infinity;
  #isUnix = false;

  constructor(host: Host, refusals: Refusals) {
    this.#host = host;
    this.#refusals = refusals;
  }

  /** Holds for connections from now on. */
  use(gates: Gates, handshakeTimeout: number): void {
    this.#gates = gates;
    this.#handshakeTimeout = handshakeTimeout === 0 ? Infinity : handshakeTimeout;
  }

  /** Tells that peers come over a unix socket, where they have no address. */
  listensOn(isUnix: boolean): void {
    this.#isUnix = isUnix;
  }

  /** Connections between accept and the application. */
  get handshaking(): number {
    return this.#handshakes.size;
  }

  /** Destroys every connection that is not served yet. */
  refuseHandshakes(error: TCPError): void {
    this.#handshakes.refuseAll(error);
  }

  /** Takes a connection just accepted. */
  arrive(connection: Connection): void {
    const reason = this.#host.refusal();
    if (reason !== undefined) this.#refuse(connection, { reason });
    else if (this.#gates.proxies === undefined && this.#gates.tls === undefined) this.#enter(connection);
    else void this.#shakeHands(connection, this.#gates);
  }

  #enter(connection: Connection): void {
    const refusal = this.#letIn(connection);
    if (refusal === undefined) this.#host.serve(connection);
    else this.#refuse(connection, refusal);
  }

  /** Asks the application; afterwards the connection is let in, or the answer says why not. */
  #letIn(connection: Connection): Refusal | undefined {
    const refusal = this.#refusals.ask(connection.info);
    if (refusal !== undefined) return refusal;
    connection.isLetIn = true;
    // `accept` may have begun a shutdown.
    return this.#host.isDraining ? { reason: 'ERR_TCP_DRAINING' } : undefined;
  }

  async #shakeHands(connection: Connection, { proxies, tls }: Gates): Promise<void> {
    const raw = connection.socket;
    this.#handshakes.begin(connection, this.#handshakeTimeout);
    let refusal: Refusal | undefined;
    try {
      if (proxies !== undefined) await this.#learnClient(connection, raw, proxies);
      refusal = this.#letIn(connection);
      if (refusal === undefined && tls !== undefined) await secure(connection, raw, tls);
    } catch (error) {
      // What was destroyed with an error of ours is refused for that, whatever came of it.
      if (!(connection.reason instanceof TCPError)) connection.reason = error as TCPError;
      refusal = { reason: (connection.reason as TCPError).code, error: connection.reason };
    } finally {
      this.#handshakes.end(connection);
    }
    if (refusal === undefined) this.#host.serve(connection);
    else this.#refuse(connection, refusal);
  }

  async #learnClient(connection: Connection, raw: Socket, { expected, trusted }: NonNullable<Gates['proxies']>): Promise<void> {
    const { remoteAddress, remotePort } = connection.info;
    // A health check that only connects: reset before it was accepted, it has no address and will send no header.
    if (remoteAddress === undefined && !this.#isUnix) {
      throw new TCPError('ERR_TCP_PROXY_TRUNCATED', 'the connection was gone before its PROXY header');
    }
    if (!trusted.has(remoteAddress, this.#isUnix)) {
      throw new TCPError('ERR_TCP_UNTRUSTED_PROXY', `${remoteAddress ?? 'a peer on a unix socket'} is none of trustedProxies`);
    }
    const { version, command, source, destination, tlvs } = await readProxyHeader(raw, expected);
    if (raw.destroyed) throw new TCPError('ERR_TCP_PROXY_TRUNCATED', 'the connection ended with its PROXY header');
    const proxy = {
      version,
      command,
      remoteAddress,
      remotePort,
      destinationAddress: destination?.address,
      destinationPort: destination?.port,
      tlvs,
    };
    connection.isBehind(proxy, source);
  }

  #refuse(connection: Connection, refusal: Refusal): void {
    connection.stage = 'refused';
    connection.socket.destroy();
    this.#refusals.note(connection.info, refusal);
    // Else its 'close' is still to come, and tells the server.
    if (connection.isClosed) this.#host.onClose(connection);
  }
}

async function secure(connection: Connection, raw: Socket, gate: TLSGate): Promise<void> {
  let socket: TLSSocket | undefined;
  await gate.secure(raw, (secured) => {
    socket = secured;
    guardListeners(secured, connection);
    connection.isSecuredBy(secured);
  });
  if (socket === undefined || socket.destroyed) {
    throw new TCPError('ERR_TCP_TLS_FAILED', 'the connection ended with its TLS handshake');
  }
  connection.agreedOn(gate.describe(socket));
}
