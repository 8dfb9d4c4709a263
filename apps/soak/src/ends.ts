// The ways in which a connection ends, each with how its server is set up, what its clients do, and what core must tell about
// every single connection: these handlers, once each.
import type { Socket } from 'node:net';
import type { TCPOptions } from '@verb-tcp/core';
import type { Certificate } from './certificate.js';
import { HOST } from './dial.js';

/** What core told about one connection. `served` is `onConnection`. */
export type Told = 'accept' | 'served' | 'refuse' | 'disconnect';

/** What a client does: once it is connected, or once the server has greeted where it does. */
export type ClientMove =
  | 'end'
  | 'reset'
  /** Waits to be ended. */
  | 'wait'
  /** Ends when anything comes behind the greeting: the notice of a shutdown. */
  | 'end when told'
  /** Reads nothing, and waits until all is over. */
  | 'do not read'
  /** Reads, and never ends its half. */
  | 'stay half-open'
  | 'send bytes'
  /** Sends what is no TLS and no PROXY header. */
  | 'send nonsense';

export interface End {
  name: string;
  options(certificate: Certificate): TCPOptions;
  onConnection?(socket: Socket): unknown;
  move: ClientMove;
  /** What `end` says first; otherwise it is anything. */
  says?: string;
  /** Clients speak TLS. */
  tls?: boolean;
  told: readonly Told[];
  /** Codes of the reason, of which each connection has one; `''` is a clean end. Of a refusal, its code. */
  reasons: readonly string[];
  /** What ends all of them at once, when all are there. */
  allAtOnce?: 'shutdown' | 'signal';
  /** Connections held at once, where they are costly. */
  atOnce?: number;
}

const SERVED: readonly Told[] = ['accept', 'served', 'disconnect'];
const REFUSED: readonly Told[] = ['accept', 'refuse', 'disconnect'];
/** Short, since every wave waits for it. */
const TIMEOUT = 200;
/** More than the system takes for a peer that does not read. */
const TOO_MUCH = Buffer.alloc(16 * 1024 * 1024);

const behindProxy: TCPOptions = { proxyProtocol: 'any', trustedProxies: [HOST] };
const plain = (): TCPOptions => ({});
const secure = (tls: Certificate): TCPOptions => ({ tls });

export const ends: readonly End[] = [
  { name: 'FIN', options: plain, move: 'end', told: SERVED, reasons: [''] },
  { name: 'FIN over TLS', options: secure, move: 'end', tls: true, told: SERVED, reasons: [''] },
  // A reset right behind the last data looks like a clean end in Node.
  { name: 'RST', options: plain, move: 'reset', told: SERVED, reasons: ['ECONNRESET', 'EPIPE', ''] },
  { name: 'destroy', options: plain, onConnection: (socket) => socket.destroy(), move: 'wait', told: SERVED, reasons: [''] },
  {
    name: 'handler throws',
    options: plain,
    onConnection: () => {
      throw new Error('thrown on purpose');
    },
    move: 'wait',
    told: SERVED,
    reasons: ['ERR_TCP_HANDLER_FAILED'],
  },
  {
    name: 'handler rejects',
    options: plain,
    onConnection: () => Promise.reject(new Error('rejected on purpose')),
    move: 'wait',
    told: SERVED,
    reasons: ['ERR_TCP_HANDLER_FAILED'],
  },
  {
    name: 'listener throws',
    options: plain,
    onConnection: (socket) =>
      socket.on('data', () => {
        throw new Error('thrown on purpose');
      }),
    move: 'send bytes',
    told: SERVED,
    reasons: ['ERR_TCP_HANDLER_FAILED'],
  },
  { name: 'idle timeout', options: () => ({ timeout: TIMEOUT }), move: 'wait', told: SERVED, reasons: ['ERR_TCP_TIMEOUT'] },
  {
    name: 'write stall',
    options: () => ({ writeStallTimeout: TIMEOUT }),
    onConnection: (socket) => socket.write(TOO_MUCH),
    move: 'do not read',
    told: SERVED,
    reasons: ['ERR_TCP_WRITE_STALLED'],
    atOnce: 50,
  },
  {
    name: 'TLS handshake timeout',
    options: (tls) => ({ tls, handshakeTimeout: TIMEOUT }),
    move: 'wait',
    told: REFUSED,
    reasons: ['ERR_TCP_HANDSHAKE_TIMEOUT'],
  },
  {
    name: 'PROXY header timeout',
    options: () => ({ ...behindProxy, handshakeTimeout: TIMEOUT }),
    move: 'wait',
    told: ['refuse'],
    reasons: ['ERR_TCP_HANDSHAKE_TIMEOUT'],
  },
  { name: 'TLS fails', options: secure, move: 'send nonsense', told: REFUSED, reasons: ['ERR_TCP_TLS_FAILED'] },
  { name: 'FIN in the TLS handshake', options: secure, move: 'end', told: REFUSED, reasons: ['ERR_TCP_TLS_FAILED'] },
  { name: 'RST in the TLS handshake', options: secure, move: 'reset', told: REFUSED, reasons: ['ERR_TCP_TLS_FAILED'] },
  {
    name: 'PROXY header invalid',
    options: () => behindProxy,
    move: 'send nonsense',
    told: ['refuse'],
    reasons: ['ERR_TCP_PROXY_INVALID'],
  },
  {
    name: 'FIN in the PROXY header',
    options: () => behindProxy,
    move: 'end',
    says: 'PROXY TCP4 192.0.2.1 ',
    told: ['refuse'],
    reasons: ['ERR_TCP_PROXY_TRUNCATED'],
  },
  {
    name: 'untrusted proxy',
    options: () => ({ proxyProtocol: 'any', trustedProxies: ['192.0.2.1'] }),
    move: 'wait',
    told: ['refuse'],
    reasons: ['ERR_TCP_UNTRUSTED_PROXY'],
  },
  {
    name: 'refused: full',
    options: () => ({ maxConnections: 0 }),
    move: 'wait',
    told: ['refuse'],
    reasons: ['ERR_TCP_CONNECTION_LIMIT'],
  },
  {
    name: 'refused by accept',
    options: () => ({ accept: () => false }),
    move: 'wait',
    told: ['accept', 'refuse'],
    reasons: ['ERR_TCP_NOT_ACCEPTED'],
  },
  { name: 'drain', options: plain, move: 'wait', told: SERVED, reasons: [''], allAtOnce: 'shutdown' },
  {
    name: 'drain, by force',
    options: plain,
    move: 'stay half-open',
    told: SERVED,
    reasons: ['ERR_TCP_DRAIN_TIMEOUT'],
    allAtOnce: 'shutdown',
  },
  { name: 'drain in TLS handshakes', options: secure, move: 'wait', told: REFUSED, reasons: ['ERR_TCP_DRAINING'], allAtOnce: 'shutdown' },
  { name: 'SIGTERM', options: plain, move: 'end when told', told: SERVED, reasons: [''], allAtOnce: 'signal' },
];

export function endNamed(name: string): End {
  const end = ends.find((one) => one.name === name);
  if (end === undefined) throw new Error(`no end ${name}`);
  return end;
}
