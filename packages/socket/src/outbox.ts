// Frames out: to the socket, in order, those of one turn in one system call; and the promises of those who wait until the
// socket can take more. It holds no bytes of its own and knows no format.
import { corkForTurn } from './cork-for-turn.js';
import type { TCPSocket } from './tcp-socket.js';

/** Somebody waits for a message to leave. */
export class Waiter {
  resolve!: () => void;
  #reject!: (error: Error) => void;
  readonly promise: Promise<void> = new Promise((resolve, reject) => {
    this.resolve = resolve;
    this.#reject = reject;
  });

  /**
   * A peer must not end the process while nobody looks at the promise, by leaving or by what it had us send back; who
   * awaits it still sees it.
   */
  reject(error: Error): void {
    this.promise.catch(() => {});
    this.#reject(error);
  }
}

export class Outbox {
  readonly #socket: TCPSocket;
  readonly #waiters = new Set<Waiter>();
  /** Those whose bytes are on their way: only the callback of their write may settle them. */
  readonly #lenders = new Set<Waiter>();
  #isClosed = false;

  constructor(socket: TCPSocket) {
    this.#socket = socket;
  }

  /** What is written now goes to the socket. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#socket.writable;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes a frame, or a part of one. The bytes are not copied. False: wait for `'drain'`. */
  write(frame: string | Uint8Array): boolean {
    corkForTurn(this.#socket);
    return this.#socket.write(frame);
  }

  /** Writes a frame, or the last part of one; the waiter is told when the socket is below its mark. */
  writeFor(frame: string | Uint8Array, waiter: Waiter): void {
    const socket = this.#socket;
    corkForTurn(socket);
    // Below the mark nobody will wait, and a callback would cost.
    if (socket.writableLength + frame.length < socket.writableHighWaterMark) {
      if (socket.write(frame)) waiter.resolve();
      else this.#waiters.add(waiter);
      return;
    }
    const isBelowMark = socket.write(frame, (error) => {
      // After an `end` of ours no `'drain'` comes.
      if (!error && !socket.writable) this.#settle(waiter);
    });
    if (isBelowMark) waiter.resolve();
    else this.#waiters.add(waiter);
  }

  /** Writes a frame, or the last part of one; the waiter is told when its bytes have left, and may be used again. */
  writeByReference(frame: Uint8Array, waiter: Waiter): void {
    corkForTurn(this.#socket);
    this.#lenders.add(waiter);
    this.#socket.write(frame, (error) => {
      // An error comes by `close`, which knows why; behind a detach, nothing else will tell.
      if (error && !this.#isClosed) return;
      if (!this.#lenders.delete(waiter)) return;
      if (error) waiter.reject(error);
      else waiter.resolve();
    });
  }

  /** The socket is below its mark. */
  drained(): void {
    for (const waiter of this.#waiters) this.#settle(waiter);
  }

  /** Nothing more leaves. What is in the socket is in doubt where there is an error, and on its way where there is none. */
  close(error: Error | undefined): void {
    this.#isClosed = true;
    const waiters = [...this.#waiters, ...(error === undefined ? [] : this.#lenders)];
    this.#waiters.clear();
    if (error !== undefined) this.#lenders.clear();
    for (const waiter of waiters) {
      if (error === undefined) waiter.resolve();
      else waiter.reject(error);
    }
  }

  #settle(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.resolve();
  }
}
