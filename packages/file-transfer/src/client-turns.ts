// Whose turn it is: so many transfers of one client run at a time, and the others wait, first come first served. Where the peer
// takes fewer, it says so, and that is the limit until nothing runs any more.
import { wireError, type FileTransferError } from './errors.js';

const MAX_WAITING = 100_000;

export class ClientTurns {
  readonly #max: number;
  #limit: number;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  /**
   * Settles when it is its turn, or when `signal` aborts: then too it is counted, until `release`.
   * @throws {FileTransferError} `too_many_transfers`, where more than 100 000 wait.
   */
  async take(signal: AbortSignal | undefined): Promise<void> {
    if (this.#running < this.#limit) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= MAX_WAITING) throw wireError('too_many_transfers', `${MAX_WAITING} transfers wait for their turn`);
    await this.#wait(signal);
  }

  release(): void {
    this.#running--;
    if (this.#running === 0 && this.#waiting.size === 0) this.#limit = this.#max;
    this.#next();
  }

  /** `true`: the peer had too many of ours, and one of them has ended. `false`: others fill it, or it said something else. */
  async giveWay(error: FileTransferError, signal: AbortSignal | undefined): Promise<boolean> {
    if (error.wireCode !== 'too_many_transfers' || this.#running < 2) return false;
    this.#running--;
    this.#limit = Math.min(this.#limit, this.#running);
    await this.#wait(signal);
    return true;
  }

  /** Nobody has to wait any more. */
  close(): void {
    this.#limit = Infinity;
    this.#next();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    let go = (): void => {};
    const turn = new Promise<void>((resolve) => (go = resolve));
    this.#waiting.add(go);
    signal?.addEventListener('abort', go);
    if (signal?.aborted) go();
    await turn;
    signal?.removeEventListener('abort', go);
    // Called by `#next` it is off the list, and counted.
    if (this.#waiting.delete(go)) this.#running++;
  }

  #next(): void {
    for (const go of this.#waiting) {
      if (this.#running >= this.#limit) return;
      this.#waiting.delete(go);
      this.#running++;
      go();
    }
  }
}
