// Sets the high-water marks of an accepted socket, each direction for itself. Node has no public way: its server takes
// one mark for both, and its default is 16 KiB or 64 KiB by version.
import type { Socket } from 'node:net';

interface MarkedStates {
  _readableState?: { highWaterMark: number };
  _writableState?: { highWaterMark: number };
}

/** Sets both marks, in bytes. `false` where this runtime has no such place; the socket then keeps its own marks. */
export function setMarks(socket: Socket, readableBytes: number, writableBytes: number): boolean {
  const { _readableState: readable, _writableState: writable } = socket as unknown as MarkedStates;
  if (readable === undefined || writable === undefined) return false;
  readable.highWaterMark = readableBytes;
  writable.highWaterMark = writableBytes;
  return socket.readableHighWaterMark === readableBytes && socket.writableHighWaterMark === writableBytes;
}
