// When to ask the peer whether it is alive, and when it is dead. Any byte that comes is life. It sends nothing itself, and
// costs nothing where both options are off.
import type { TCPSocket } from '@verb-tcp/socket';
import { Deadline } from '@verb-tcp/socket/framing';

/** What a heartbeat tells its handler. */
export interface HeartbeatOwner {
  /** It is time to send one. */
  onBeat(): void;
  /** Nothing came for `timeout`. */
  onDead(silentFor: number): void;
}

export class Heartbeat {
  readonly #socket: TCPSocket;
  readonly #interval: number;
  readonly #timeout: number;
  readonly #owner: HeartbeatOwner;
  readonly #deadline = new Deadline(() => this.#onTime());
  #heardAt = Infinity;
  #nextBeat = Infinity;

  /** Both in milliseconds; `Infinity` is off. */
  constructor(socket: TCPSocket, interval: number, timeout: number, owner: HeartbeatOwner) {
    this.#socket = socket;
    this.#interval = interval;
    this.#timeout = timeout;
    this.#owner = owner;
  }

  start(): void {
    if (this.#interval === Infinity && this.#timeout === Infinity) return;
    this.#heardAt = performance.now();
    this.#nextBeat = this.#heardAt + this.#interval;
    this.#arm();
  }

  /** Bytes came. The timer is left as it is: it finds out. */
  heard(): void {
    if (this.#heardAt !== Infinity) this.#heardAt = performance.now();
  }

  stop(): void {
    this.#heardAt = Infinity;
    this.#deadline.stop();
  }

  #arm(): void {
    this.#deadline.set(Math.min(this.#nextBeat, this.#heardAt + this.#timeout));
  }

  #onTime(): void {
    const now = performance.now();
    // By us or by others: nothing could be heard.
    if (this.#socket.isPaused()) this.#heardAt = now;
    if (now - this.#heardAt >= this.#timeout) {
      const silentFor = now - this.#heardAt;
      this.stop();
      this.#owner.onDead(silentFor);
      return;
    }
    if (now >= this.#nextBeat) {
      // Not one more for each that a stopped clock left out.
      this.#nextBeat = now + this.#interval;
      this.#owner.onBeat();
    }
    // `onBeat` may have ended the connection.
    if (this.#heardAt !== Infinity) this.#arm();
  }
}
