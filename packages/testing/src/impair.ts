// Faults in front of a socket that exists, in process: a socket comes in, another comes out through which the first is
// reached, slowly, in pieces, or not at all. The first belongs to the impairment from then on.
import type { TCPSocket } from '@verb-tcp/socket';
import { LiveFaults, type FaultSet } from './fault-set.js';
import type { Fault } from './faults.js';
import { resolveImpairOptions, type ImpairOptions } from './fault-options.js';
import type { PairAddress } from './options.js';
import type { PairSocket } from './pair-socket.js';
import { Relay } from './relay.js';
import { socketPair } from './socket-pair.js';

/** A socket with faults on its way. */
export interface ImpairedSocket extends PairSocket {
  /** The faults, to be changed at any time. */
  readonly faults: FaultSet;
}

/**
 * Puts faults between you and a socket: use what comes back in its place, and leave the socket itself alone. Up is what
 * you write, down is what you read. Of a pair, the first end is impaired and the second comes back as it is.
 *
 * A `destroy` of what comes back ends the socket, and destroys it when the end has left; a reset passes both ways.
 *
 * @throws RangeError for an option or a parameter out of range.
 * @throws TypeError for a socket that is destroyed, or gives strings.
 *
 * @example
 * const [client, server] = impair(socketPair(), [{ type: 'latency', delay: 100, jitter: 20 }]);
 */
export function impair(socket: TCPSocket, faults: readonly Fault[], options?: ImpairOptions): ImpairedSocket;
export function impair<Second extends TCPSocket>(
  pair: readonly [TCPSocket, Second],
  faults: readonly Fault[],
  options?: ImpairOptions,
): [ImpairedSocket, Second];
export function impair(
  target: TCPSocket | readonly [TCPSocket, TCPSocket],
  faults: readonly Fault[],
  options: ImpairOptions = {},
): ImpairedSocket | [ImpairedSocket, TCPSocket] {
  if ('write' in target) return impairSocket(target, faults, options);
  const [first, second] = target;
  return [impairSocket(first, faults, options), second];
}

function impairSocket(socket: TCPSocket, faults: readonly Fault[], options: ImpairOptions): ImpairedSocket {
  const { seed, maxHeldBytes } = resolveImpairOptions(options);
  if (socket.destroyed) throw new TypeError('a socket that is destroyed cannot be impaired');
  if (socket.readableEncoding !== null) throw new TypeError('a socket that gives strings cannot be impaired');
  const set = new LiveFaults(faults, seed);
  const [outer, inner] = socketPair({ addresses: addressesOf(socket), highWaterMarkBytes: Math.max(1, socket.writableHighWaterMark) });
  outer.allowHalfOpen = moveHalfOpen(socket);
  inner.allowHalfOpen = true;
  const relay = new Relay(inner, socket, maxHeldBytes);
  outer.once('close', () => relay.closeServerWhenEnded());
  set.join(relay);
  relay.start();
  return Object.assign(outer, { faults: set });
}

function addressesOf(socket: TCPSocket): [PairAddress, PairAddress] | null {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return null;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  return [
    { address: localAddress, port: localPort },
    { address: remoteAddress, port: remotePort },
  ];
}

/** A socket that answers an end by itself would cut off what is still held for it: that becomes our business. */
function moveHalfOpen(socket: TCPSocket & { allowHalfOpen?: boolean }): boolean {
  const { allowHalfOpen } = socket;
  if (allowHalfOpen !== undefined) socket.allowHalfOpen = true;
  return allowHalfOpen ?? false;
}
