// The chunks of one connection: each to the transfer that it is of, and into its room there. A chunk that comes in pieces, in a
// frame, goes into the room as the pieces come, so that no chunk is gathered anywhere else. It reads nothing itself.
import { wireError, type FileTransferError } from './errors.js';
import type { ChunkHead, ReceivingTransfer, WholeChunk } from './link.js';

export class ChunkIntake {
  readonly #receivers: ReadonlyMap<string, ReceivingTransfer>;
  readonly #sendError: (error: FileTransferError) => void;
  #lastHandle = 0;
  /** Whose chunk is coming in. */
  #filled: ReceivingTransfer | undefined;

  constructor(receivers: ReadonlyMap<string, ReceivingTransfer>, sendError: (error: FileTransferError) => void) {
    this.#receivers = receivers;
    this.#sendError = sendError;
  }

  /** A number for frames that no transfer of this connection has had. */
  nextHandle(): number {
    return ++this.#lastHandle;
  }

  /** A chunk that is here. A promise where the disk is behind. */
  take(chunk: WholeChunk): void | Promise<void> {
    const receiver = this.#receivers.get(chunk.transferId);
    if (receiver === undefined) {
      this.#sendError(wireError('unknown_transfer', 'Transfer not found', { transferId: chunk.transferId }));
      return;
    }
    const put = (room: Buffer | undefined): void => receiver.onChunk(chunk, room === undefined || chunk.copyTo(room));
    const room = receiver.room(chunk);
    if (!(room instanceof Promise)) put(room);
    else return room.then(put);
  }

  /** Where the bytes of a frame go that begins; `undefined`: nowhere. A promise where the disk is behind. */
  begin(head: ChunkHead): Buffer | undefined | Promise<Buffer | undefined> {
    this.#filled = this.#withHandle(head.handle);
    return this.#filled?.room(head);
  }

  /** They are all there. */
  end(head: ChunkHead): void {
    const receiver = this.#filled;
    this.#filled = undefined;
    if (receiver !== undefined) receiver.onChunk(head, true);
    // Frames of a transfer that has ended were on their way when it did.
    else if (head.handle === undefined || head.handle > this.#lastHandle) this.#sendError(wireError('unknown_transfer', 'Transfer not found'));
  }

  #withHandle(handle: number | undefined): ReceivingTransfer | undefined {
    for (const receiver of this.#receivers.values()) if (receiver.handle === handle) return receiver;
    return undefined;
  }
}
