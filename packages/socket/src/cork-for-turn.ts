// Bytes out: the small writes of one turn of the event loop leave in one system call instead of one each, which is most
// of the cost of a small message. It holds no bytes of its own, so order with everybody else's writes is kept.
import type { TCPSocket } from './tcp-socket.js';

/** What of a socket is used here, so that any stream can be corked. */
type Corkable = Pick<TCPSocket, 'cork' | 'uncork' | 'writableLength'>;

/** Past this the turn is flushed early: gathering more would only delay the first byte and grow the queue. */
const FLUSH_AT_BYTES = 64 * 1024;

/** Sockets corked in this turn, each with its `writableLength` when it was corked. */
const corked = new Map<Corkable, number>();

function endTurn(): void {
  try {
    for (const socket of corked.keys()) {
      corked.delete(socket);
      socket.uncork();
    }
  } finally {
    // An `uncork` that threw must not leave the others corked for ever.
    if (corked.size > 0) process.nextTick(endTurn);
  }
}

/**
 * Corks the socket until this turn of the event loop ends (`process.nextTick`), or 64 KiB are gathered. Call it before
 * each write that may have neighbours; only the first call of a turn does anything.
 *
 * Corking nests, `end()` flushes it, and everybody's writes keep their order. `destroy()` in the same turn discards
 * what the turn wrote, as it discards any queued bytes: close with `end()`.
 *
 * @example
 * corkForTurn(socket); socket.write(header);
 * corkForTurn(socket); socket.write(payload); // one system call for both
 */
export function corkForTurn(socket: Corkable): void {
  const startLength = corked.get(socket);
  if (startLength === undefined) {
    if (corked.size === 0) process.nextTick(endTurn);
    begin(socket);
  } else if (socket.writableLength - startLength >= FLUSH_AT_BYTES) {
    socket.uncork();
    begin(socket);
  }
}

function begin(socket: Corkable): void {
  corked.set(socket, socket.writableLength);
  socket.cork();
}
