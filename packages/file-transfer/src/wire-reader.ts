// Bytes of a connection in, messages, chunks and acknowledgements out, from JSON messages and binary frames in any order. Of a
// chunk in a frame the head comes out first; the bytes go where `fill` says, as they come. Pure: it judges no transfer.
import { createMessageDecoder, decodePayload, type MessageDecoder } from '@verb-tcp/socket/message';
import { DATA_HEAD_BYTES, FRAME_ACK, FRAME_CONTROL, FRAME_DATA, FRAME_HEADER_BYTES } from './binary-frame.js';
import { decodedLength, scanChunk } from './chunk-message.js';
import { FrameInbox, type FrameHeader } from './frame-inbox.js';
import type { ChunkHead, WholeChunk } from './link.js';

const ACK_BYTES = 8;
/** Room for the keys of a message around the data of a chunk. */
const MESSAGE_ROOM_BYTES = 4096;

/**
 * `chunk`: as a message, whole; its bytes stay until the next item is asked for. `head`: of one in a frame; `fill` has to follow,
 * and `filled` comes when its bytes are there. `bad`: one message could not be read, and the next can. `lost`: no boundary is
 * known any more.
 */
export type WireItem =
  | { readonly kind: 'message'; readonly message: unknown }
  | { readonly kind: 'chunk'; readonly chunk: WholeChunk }
  | { readonly kind: 'head'; readonly head: ChunkHead }
  | { readonly kind: 'filled'; readonly head: ChunkHead }
  | { readonly kind: 'ack'; readonly handle: number; readonly nextChunk: number }
  | { readonly kind: 'bad' | 'lost'; readonly why: string };

export class WireReader {
  /** Whether binary frames are taken. */
  isBinaryAllowed = false;
  readonly #maxMessageBytes: number;
  #decoder: MessageDecoder;
  readonly #frames: FrameInbox;
  #isInFrames = false;
  /** The chunk whose bytes are coming, where they go, and how many are there. */
  #head: ChunkHead | undefined;
  #target: Buffer | undefined;
  #filledBytes = 0;

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
        if (this.#head !== undefined) return this.#goOn(this.#head);
        const finding = this.#frames.look(beginningOf);
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

  /** The bytes of the chunk whose head was given go to `target`, which is as long as they are, or nowhere. */
  fill(target: Buffer | undefined): void {
    this.#target = target;
  }

  #goOn(head: ChunkHead): WireItem | undefined {
    const length = Math.min(head.byteLength - this.#filledBytes, this.#frames.byteLength);
    if (length > 0 && this.#target !== undefined) this.#frames.copyTo(this.#target, this.#filledBytes, 0, length);
    this.#frames.skip(length);
    this.#filledBytes += length;
    if (this.#filledBytes < head.byteLength) return undefined;
    this.#head = undefined;
    this.#target = undefined;
    return { kind: 'filled', head };
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
    if (type === FRAME_DATA && length >= DATA_HEAD_BYTES) {
      const head = this.#frames.take(FRAME_HEADER_BYTES + DATA_HEAD_BYTES).subarray(FRAME_HEADER_BYTES);
      const [handle, chunkIndex, crc32] = [head.readUInt32BE(0), head.readUInt32BE(4), head.readUInt32BE(8)];
      this.#head = { handle, chunkIndex, byteLength: length - DATA_HEAD_BYTES, crc32 };
      this.#filledBytes = 0;
      return { kind: 'head', head: this.#head };
    }
    const payload = this.#frames.take(FRAME_HEADER_BYTES + length).subarray(FRAME_HEADER_BYTES);
    if (type === FRAME_ACK && length === ACK_BYTES) return { kind: 'ack', handle: payload.readUInt32BE(0), nextChunk: payload.readUInt32BE(4) };
    if (type === FRAME_CONTROL) return readPayload(payload);
    return { kind: 'bad', why: `no frame has type ${type} and ${length} bytes` };
  }
}

/** How much of a payload has to be here before something is done about its frame. */
function beginningOf({ type, length }: FrameHeader): number {
  return type === FRAME_DATA && length >= DATA_HEAD_BYTES ? DATA_HEAD_BYTES : length;
}

function readPayload(payload: Buffer): WireItem {
  const scanned = scanChunk(payload);
  if (scanned !== undefined) {
    const { transferId, chunkIndex, dataStart, dataEnd, crc32 } = scanned;
    const length = dataEnd - dataStart;
    const byteLength = decodedLength(length, payload.toString('latin1', Math.max(dataStart, dataEnd - 2), dataEnd));
    const copyTo = (target: Buffer): boolean => target.write(payload.toString('latin1', dataStart, dataEnd), 'base64') === byteLength;
    return { kind: 'chunk', chunk: { transferId, chunkIndex, byteLength, crc32, copyTo } };
  }
  try {
    return { kind: 'message', message: decodePayload(payload) };
  } catch (error) {
    return { kind: 'bad', why: (error as Error).message };
  }
}
