// Hands batches to the carrier, one write each, and tells when one has left: before `write` returns where the carrier took
// all of it, as a socket does whose buffer in the kernel has room; else in its callback.
import type { TCPSocket } from '@verb-tcp/socket';
import { BatchSize } from './batch-size.js';
import { OutputBatch } from './output-batch.js';

export class BatchWriter {
  readonly batch: OutputBatch = new OutputBatch();
  readonly #socket: TCPSocket;
  readonly #size: BatchSize = new BatchSize();
  readonly #onLeft: (error?: Error | null) => void;
  /** When the batch that is leaving was handed over; 0 where none is. */
  leavingSince = 0;
  /** Batches that were told of and that the carrier still has to call back. */
  #toldOf = 0;

  /** @param onLeft of a batch that did not leave at once */
  constructor(socket: TCPSocket, onLeft: (error?: Error | null) => void) {
    this.#socket = socket;
    this.#onLeft = onLeft;
  }

  get isLeaving(): boolean {
    return this.leavingSince > 0;
  }

  /** How large a batch may become before it is written. */
  get fullBytes(): number {
    return this.#size.bytes;
  }

  /** Writes the batch; `true`: it has left, and `batch` is empty again. */
  write(): boolean {
    const socket = this.#socket;
    const { pieces } = this.batch;
    const last = pieces.length - 1;
    this.leavingSince = performance.now() || Number.MIN_VALUE;
    socket.cork();
    for (let at = 0; at < last; at++) socket.write(pieces[at] as Uint8Array);
    socket.write(pieces[last] as Uint8Array, this.#onCallback);
    socket.uncork();
    // Of a socket that failed nothing is queued either: its callback tells.
    if (socket.writableLength > 0 || !socket.writable) return false;
    this.#toldOf++;
    this.#release();
    return true;
  }

  readonly #onCallback = (error?: Error | null): void => {
    if (this.#toldOf > 0) {
      this.#toldOf--;
      return;
    }
    this.#release(error);
    this.#onLeft(error);
  };

  #release(error?: Error | null): void {
    this.#size.left(this.batch.byteLength, this.leavingSince, performance.now());
    this.leavingSince = 0;
    // What failed may still be read by a carrier that has part of it.
    this.batch.release(error === null || error === undefined);
  }
}
