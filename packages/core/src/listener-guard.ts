// Keeps what the application does with the listeners of one socket from ending the process or hiding how the socket
// ends: an exception or a rejection out of a listener becomes a call here instead of an uncaught one, and the server hears
// of `'error'` and `'close'` though listeners were removed. The socket stays Node's own; only `emit` is shadowed.
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';

/** Who watches over one socket. None of these may throw. */
export interface Guard {
  /** A listener threw or rejected. */
  onFailure(error: unknown): void;
  /** Before the listeners of `'error'`. */
  onError(error: Error): void;
  /** Before the listeners of `'close'`, and so whatever they do. */
  onClose(socket: Socket): void;
}

/**
 * Node notices rejections of async listeners by this private symbol, which only a constructor option can set, and the
 * server's sockets are constructed by Node. `undefined` on a runtime without it: rejections then stay unhandled.
 */
const captureRejections = Object.getOwnPropertySymbols(new EventEmitter()).find(
  (symbol) => symbol.description === 'kCapture',
);

/** Where a socket has its guard. A property: asking a `WeakMap` at each event cost a tenth of accept and close. */
const guardKey = Symbol('verb-tcp.guard');

type Guarded = Socket & { [guardKey]?: Guard };

// oxlint-disable-next-line typescript/unbound-method -- called with the socket as `this`
const plainEmit: (this: EventEmitter, event: string, ...values: unknown[]) => boolean = Socket.prototype.emit;

/** Who watches over this socket, or `undefined`. */
export function guardOf(socket: Socket): Guard | undefined {
  return (socket as Guarded)[guardKey];
}

/** Hands its `arguments` on as they are: a rest array for each event of each connection would be garbage at once. */
function guardedEmit(this: Guarded, event: string, value?: unknown): boolean {
  if (event === 'close') {
    this[guardKey]?.onClose(this);
  } else if (event === 'error') {
    this[guardKey]?.onError(value as Error);
    // Ours was removed with all the others: Node would throw the peer's error.
    if (this.listenerCount('error') === 0) return false;
  }
  try {
    return plainEmit.apply(this, arguments as unknown as [event: string]);
  } catch (error) {
    this[guardKey]?.onFailure(error);
    return true;
  }
}

function guardedRejection(this: Guarded, error: unknown): void {
  this[guardKey]?.onFailure(error);
}

/** Attached first, so that whoever counts listeners sees that errors are looked after. */
const ignore = (): void => {};

/** Watches over a socket from now until its `'close'`. Call it before anybody else has the socket. */
export function guardListeners(socket: Socket, guard: Guard): void {
  (socket as Guarded)[guardKey] = guard;
  socket.on('error', ignore);
  socket.emit = guardedEmit as Socket['emit'];
  if (captureRejections === undefined) return;
  const open = socket as unknown as Record<symbol, unknown>;
  open[captureRejections] = true;
  open[EventEmitter.captureRejectionSymbol] = guardedRejection;
}
