// Two connected sockets without a network, for tests that assert on chunks, marks, ends and resets.
import { resolveSocketPairOptions, type PairAddress, type SocketPairOptions } from './options.js';
import { PairSocket } from './pair-socket.js';

const FIRST_EPHEMERAL_PORT = 49_152;
const EPHEMERAL_PORTS = 16_384;
let pairsMade = 0;

/**
 * Two sockets of which each is the other's peer. They close, fail, count and buffer as two `net.Socket`s do, and one
 * write of up to 64 KiB (or the mark, where that is less) arrives as one chunk. Writes that were corked, or waited for a
 * slow peer, arrive joined, as they leave a `net.Socket` in one system call.
 *
 * Bytes are copied on the way. Delivery takes a turn of the event loop (`setImmediate`), also under a fake clock. An open
 * pair does not keep the process alive.
 *
 * @throws RangeError for an option out of range.
 *
 * @example
 * const [client, server] = socketPair();
 * server.on('data', (chunk) => server.write(chunk));
 * client.write('hello');
 */
export function socketPair(options?: SocketPairOptions): [PairSocket, PairSocket] {
  const resolved = resolveSocketPairOptions(options);
  const [first, second] = resolved.addresses === null ? [undefined, undefined] : (resolved.addresses ?? nextAddresses());
  const ends: [PairSocket, PairSocket] = [
    new PairSocket(resolved, first, second),
    new PairSocket({ ...resolved, seed: otherSeed(resolved.seed) }, second, first),
  ];
  PairSocket.join(...ends);
  return ends;
}

/** The first end's port differs from pair to pair, so that `address:port` can serve as an id. */
function nextAddresses(): [PairAddress, PairAddress] {
  const port = FIRST_EPHEMERAL_PORT + (pairsMade++ % EPHEMERAL_PORTS);
  return [
    { address: '127.0.0.1', port },
    { address: '127.0.0.1', port: 8080 },
  ];
}

/** So that the two directions are not cut alike. */
function otherSeed(seed: number | undefined): number | undefined {
  return seed === undefined ? undefined : (seed ^ 0x5555_5555) >>> 0;
}
