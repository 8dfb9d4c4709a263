// Bytes of a connection in, messages, chunks and acknowledgements out, from JSON messages and binary frames in any order. Pure:
// it judges no transfer. What it gives lies in its buffers until `done`.
import { createMessageDecoder, decodePayload, type MessageDecoder } from '@verb-tcp/socket/message';
import { DATA_HEAD_BYTES, FRAME_ACK, FRAME_CONTROL, FRAME_DATA, FRAME_HEADER_BYTES } from './binary-frame.js';
import { decodedLength, scanChunk } from './chunk-message.js';
import { FrameInbox, type FrameHeader } from './frame-inbox.js';
import type { IncomingChunk } from './link.js';

const ACK_BYTES = 8;
/** Room for the keys of a message around the data of a chunk. */
const MESSAGE_ROOM_BYTES = 4096;

/** `bad`: one message could not be read, and the next can. `lost`: no boundary is known any more. */
export type WireItem =
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'chunk'; readonly chunk: IncomingChunk }
  | { readonly kind: 'ack'; readonly handle: number; readonly nextChunk: number }
  | { readonly kind: 'bad' | 'lost'; readonly why: string };

export class WireReader {
  /** Whether binary frames are taken. */
  isBinaryAllowed = false;
  readonly #maxMessageBytes: number;
  #decoder: MessageDecoder;
  readonly #frames: FrameInbox;
  #isInFrames = false;
  /** Bytes of the frame that was given last. */
  #given = 0;

  constructor(maxChunkSize: number) {
    this.#maxMessageBytes = Math.ceil(maxChunkSize / 3) * 4 + MESSAGE_ROOM_BYTES;
    this.#decoder = createMessageDecoder({ maxMessageBytes: this.#maxMessageBytes });
    this.#frames = new FrameInbox(this.#maxMessageBytes);
  }

  push(chunk: Buffer): void {
    if (this.#isInFrames) this.#frames.push(chunk);
    else this.#decoder.push(chunk);
  }

  /** What stands next, or `undefined` where more bytes are needed. */
  next(): WireItem | undefined {
    for (;;) {
      if (this.#isInFrames) {
        const finding = this.#frames.look();
        if (finding === 'incomplete') return undefined;
        if (finding === 'bad') return { kind: 'lost', why: 'what follows is neither a message nor a frame' };
        if (finding !== 'json') return this.#readFrame(finding);
        this.#isInFrames = false;
        this.#decoder.push(this.#frames.rest());
      }
      const payload = this.#decoder.nextPayload();
      if (payload !== undefined) return readPayload(payload);
      if (!this.#decoder.isBlocked) return undefined;
      const item = this.#leaveJSON();
      if (item !== undefined) return item;
    }
  }

  /** What was given is no longer needed. */
  done(): void {
    if (this.#given > 0) this.#frames.skip(this.#given);
    this.#given = 0;
  }

  /** A bad header: a frame, where they are taken. */
  #leaveJSON(): WireItem | undefined {
    const bytes = this.#decoder.rest();
    if (!this.isBinaryAllowed || bytes[0] !== 0) {
      const probe = createMessageDecoder({ maxMessageBytes: this.#maxMessageBytes });
      probe.push(bytes);
      try {
        probe.next();
      } catch (error) {
        return { kind: 'lost', why: (error as Error).message };
      }
      return { kind: 'lost', why: 'no message begins here' };
    }
    this.#isInFrames = true;
    this.#frames.push(bytes);
    return undefined;
  }

  #readFrame({ type, length }: FrameHeader): WireItem {
    this.#given = FRAME_HEADER_BYTES + length;
    if (type === FRAME_DATA && length >= DATA_HEAD_BYTES) {
      const head = this.#frames.copy(DATA_HEAD_BYTES, FRAME_HEADER_BYTES);
      const from = FRAME_HEADER_BYTES + DATA_HEAD_BYTES;
      const byteLength = length - DATA_HEAD_BYTES;
      const copyTo = (target: Buffer): boolean => {
        this.#frames.copyTo(target, 0, from, byteLength);
        return true;
      };
      const [handle, chunkIndex, crc32] = [head.readUInt32BE(0), head.readUInt32BE(4), head.readUInt32BE(8)];
      return { kind: 'chunk', chunk: { transferId: undefined, handle, chunkIndex, byteLength, crc32, copyTo } };
    }
    if (type === FRAME_ACK && length === ACK_BYTES) {
      const body = this.#frames.copy(ACK_BYTES, FRAME_HEADER_BYTES);
      return { kind: 'ack', handle: body.readUInt32BE(0), nextChunk: body.readUInt32BE(4) };
    }
    if (type === FRAME_CONTROL) return readPayload(this.#frames.copy(length, FRAME_HEADER_BYTES));
    return { kind: 'bad', why: `no frame has type ${type} and ${length} bytes` };
  }
}

function readPayload(payload: Buffer): WireItem {
  const scanned = scanChunk(payload);
  if (scanned !== undefined) {
    const { transferId, chunkIndex, dataStart, dataEnd, crc32 } = scanned;
    const length = dataEnd - dataStart;
    const byteLength = decodedLength(length, payload.toString('latin1', Math.max(dataStart, dataEnd - 2), dataEnd));
    const copyTo = (target: Buffer): boolean => target.write(payload.toString('latin1', dataStart, dataEnd), 'base64') === byteLength;
    return { kind: 'chunk', chunk: { transferId, handle: undefined, chunkIndex, byteLength, crc32, copyTo } };
  }
  try {
    return { kind: 'message', message: decodePayload(payload) };
  } catch (error) {
    return { kind: 'bad', why: (error as Error).message };
  }
}
