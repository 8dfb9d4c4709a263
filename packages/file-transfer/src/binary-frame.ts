// The binary mode: a documented 8-byte header before each frame, and three types of it. Pure. Big-endian.
//
//   offset  0      2             6      8
//           | type | length      | flags | payload … length bytes
//             u16    u32           u16 = 0
//   0x20 data     u32 handle, u32 chunkIndex, u32 crc32, bytes
//   0x21 ack      u32 handle, u32 nextChunk          all before it are written
//   0x22 control  one JSON message in UTF-8
//
// The first byte of a frame is 0x00, that of a JSON message a digit: both may follow each other.

export const FRAME_DATA = 0x20;
export const FRAME_ACK = 0x21;
export const FRAME_CONTROL = 0x22;

export const FRAME_HEADER_BYTES = 8;
/** Handle, index and checksum before the bytes of a chunk. */
export const DATA_HEAD_BYTES = 12;
/** Room to leave before the bytes of a chunk, so that a frame is built around them where they are. */
export const DATA_PREFIX_BYTES: number = FRAME_HEADER_BYTES + DATA_HEAD_BYTES;
export const MAX_CHUNKS: number = 2 ** 32 - 1;

const ACK_BYTES = 8;

/** Writes header and head into the first 20 bytes of `room`, whose next `byteLength` are the chunk. */
export function writeDataPrefix(room: Buffer, handle: number, chunkIndex: number, crc32: number, byteLength: number): void {
  writeHeader(room, FRAME_DATA, DATA_HEAD_BYTES + byteLength);
  room.writeUInt32BE(handle, 8);
  room.writeUInt32BE(chunkIndex, 12);
  room.writeUInt32BE(crc32, 16);
}

export function ackFrame(handle: number, nextChunk: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + ACK_BYTES);
  writeHeader(frame, FRAME_ACK, ACK_BYTES);
  frame.writeUInt32BE(handle, 8);
  frame.writeUInt32BE(nextChunk, 12);
  return frame;
}

export function controlFrame(json: string): Buffer {
  const length = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length);
  writeHeader(frame, FRAME_CONTROL, length);
  frame.write(json, FRAME_HEADER_BYTES);
  return frame;
}

function writeHeader(frame: Buffer, type: number, length: number): void {
  frame.writeUInt16BE(type, 0);
  frame.writeUInt32BE(length, 2);
  frame.writeUInt16BE(0, 6);
}
