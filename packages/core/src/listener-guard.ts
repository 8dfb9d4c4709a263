// Keeps what the application does in the listeners of one socket from ending the process: an exception or a rejection
// out of a listener becomes a call here instead of an uncaught one. The socket stays Node's own; only `emit` is shadowed.
import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';

type Failure = (socket: Socket, error: unknown) => void;

/**
 * Node notices rejections of async listeners by this private symbol, which only a constructor option can set, and the
 * server's sockets are constructed by Node. `undefined` on a runtime without it: rejections then stay unhandled.
 */
const captureRejections = Object.getOwnPropertySymbols(new EventEmitter()).find(
  (symbol) => symbol.description === 'kCapture',
);

const failures = new WeakMap<Socket, Failure>();

// oxlint-disable-next-line typescript/unbound-method -- called with the socket as `this`
const plainEmit: (this: EventEmitter, event: string, ...values: unknown[]) => boolean = Socket.prototype.emit;

function guardedEmit(this: Socket, event: string, ...values: unknown[]): boolean {
  try {
    return plainEmit.call(this, event, ...values);
  } catch (error) {
    failures.get(this)?.(this, error);
    return true;
  }
}

function guardedRejection(this: Socket, error: unknown): void {
  failures.get(this)?.(this, error);
}

/** Sends what listeners of `socket` throw, or reject with, to `onFailure`, which must not throw. */
export function guardListeners(socket: Socket, onFailure: Failure): void {
  failures.set(socket, onFailure);
  socket.emit = guardedEmit as Socket['emit'];
  if (captureRejections === undefined) return;
  const open = socket as unknown as Record<symbol, unknown>;
  open[captureRejections] = true;
  open[EventEmitter.captureRejectionSymbol] = guardedRejection;
}
