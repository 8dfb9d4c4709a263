// Connections between accept and the application. One timer for all of them destroys those that take too long; each gets
// the same time, so the first one in is the first one due, unless the setting was changed meanwhile.
import type { Connection } from './connection.js';
import { TCPError } from './errors.js';

export class Handshakes {
  /** Each with when it is due, in milliseconds of `performance.now()`. */
  readonly #due = new Map<Connection, number>();
  #isOrdered = true;
  #lastDue = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Infinity;

  get size(): number {
    return this.#due.size;
  }

  /** `timeout` in milliseconds from now; `Infinity` is off. */
  begin(connection: Connection, timeout: number): void {
    const due = performance.now() + timeout;
    this.#isOrdered = this.#due.size === 0 || (this.#isOrdered && due >= this.#lastDue);
    this.#lastDue = due;
    this.#due.set(connection, due);
    if (due < this.#timerDue) this.#arm(due, timeout);
  }

  end(connection: Connection): void {
    this.#due.delete(connection);
    if (this.#due.size === 0) this.#disarm();
  }

  /** Destroys all of them; each ends by itself. */
  refuseAll(error: TCPError): void {
    for (const connection of this.#due.keys()) connection.socket.destroy(error);
  }

  #arm(due: number, delay: number): void {
    this.#disarm();
    this.#timerDue = due;
    // Rounded up: a timer that is early by a part of a millisecond would find nobody due.
    this.#timer = setTimeout(() => this.#look(), Math.ceil(delay));
    this.#timer.unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timerDue = Infinity;
  }

  #look(): void {
    this.#timerDue = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const [connection, due] of this.#due) {
      if (due <= now) {
        connection.socket.destroy(new TCPError('ERR_TCP_HANDSHAKE_TIMEOUT', 'could not be used within handshakeTimeout'));
      } else {
        next = Math.min(next, due);
        if (this.#isOrdered) break;
      }
    }
    if (next < Infinity) this.#arm(next, next - now);
  }
}
