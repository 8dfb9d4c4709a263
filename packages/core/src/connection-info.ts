// Who is connected, as handlers are told: addresses, what the proxy in front said, what TLS agreed on. Types only.

/** Who is connected. Read once, when the connection was accepted: sockets forget their addresses after a reset. */
export interface ConnectionInfo {
  /** Unique on this server, counting from 1. */
  readonly id: number;
  /**
   * The client's address, `1.2.3.4` also where the system says `::ffff:1.2.3.4`; behind a trusted proxy the one that the
   * PROXY header names. Absent for unix sockets, and if it was gone at once.
   */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** What the PROXY header said; present with `proxyProtocol`, from `accept` on. */
  readonly proxy?: ProxyInfo;
  /** What the TLS handshake agreed on; present with `tls`, from `onConnection` on. */
  readonly tls?: TLSInfo;
}

/** What a proxy in front told, and who the proxy is. */
export interface ProxyInfo {
  readonly version: 1 | 2;
  /** `'local'`: the proxy speaks for itself (a health check); the addresses are its own. */
  readonly command: 'proxy' | 'local';
  /** The proxy's end of this connection. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** Where the client connected to; absent where the header does not tell. */
  readonly destinationAddress: string | undefined;
  readonly destinationPort: number | undefined;
  /** The extensions of a version 2 header in their order: copies of the bytes, yours to keep. */
  readonly tlvs: readonly ProxyTLV[];
}

/** One type-length-value of a version 2 header; types are those of the PROXY protocol's section 2.2. */
export interface ProxyTLV {
  readonly type: number;
  readonly value: Uint8Array;
}

/** What a TLS handshake agreed on. */
export interface TLSInfo {
  /** `'TLSv1.3'`, `'TLSv1.2'`. */
  readonly protocol: string;
  /** The cipher suite by its IETF name. */
  readonly cipher: string;
  /** The name that the client asked for (SNI). */
  readonly serverName: string | undefined;
  /** The application protocol agreed on (ALPN). */
  readonly alpnProtocol: string | undefined;
  /** The client's certificate was asked for and verified. */
  readonly authorized: boolean;
  /** Why it was not, where a certificate was asked for. */
  readonly authorizationError: string | undefined;
  /** SHA-256 of the client's certificate, where it sent one: pairs of hexadecimal digits between colons. */
  readonly fingerprint256: string | undefined;
  /** An earlier session was resumed. */
  readonly sessionReused: boolean;
}
