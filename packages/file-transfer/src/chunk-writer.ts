// Chunks out, as binary frames built around their bytes where these lie, or as messages put together in a buffer that is used
// again. What it was given goes back to its shelf when the socket has done with it.
import { DATA_PREFIX_BYTES, writeDataPrefix } from './binary-frame.js';
import { BufferShelf } from './buffer-shelf.js';
import { assembleChunk, base64Length, chunkHead } from './chunk-message.js';
import { crc32 } from './crc32.js';
import type { TransferLink } from './link.js';

const MESSAGE_ROOM_BYTES = 1024;

export interface ChunkWriterSettings {
  readonly transferId: string;
  readonly chunkSize: number;
  /** Of binary frames; absent in messages. */
  readonly handle: number | undefined;
  /** Whether each chunk carries its checksum. */
  readonly isChecked: boolean;
}

export class ChunkWriter {
  readonly #link: TransferLink;
  readonly #settings: ChunkWriterSettings;
  readonly #head: Buffer;
  readonly #messages: BufferShelf;

  constructor(link: TransferLink, settings: ChunkWriterSettings) {
    const { transferId, chunkSize, handle } = settings;
    this.#link = link;
    this.#settings = settings;
    this.#head = Buffer.from(chunkHead(transferId));
    this.#messages = new BufferShelf(handle === undefined ? base64Length(chunkSize) + MESSAGE_ROOM_BYTES : 0);
  }

  /** @param buffer Of `shelf`: 20 bytes of room, and then `bytes`. */
  write(index: number, buffer: Buffer, bytes: Buffer, shelf: BufferShelf): void {
    const { handle, isChecked } = this.#settings;
    if (handle !== undefined) {
      writeDataPrefix(buffer, handle, index, isChecked ? crc32(bytes) : 0, bytes.length);
      this.#link.write(buffer.subarray(0, DATA_PREFIX_BYTES + bytes.length), () => shelf.putBack(buffer));
      return;
    }
    const room = this.#messages.take();
    const message = assembleChunk(this.#head, index, bytes, isChecked ? crc32(bytes) : undefined, room);
    shelf.putBack(buffer);
    this.#link.write(message, () => this.#messages.putBack(room));
  }
}
