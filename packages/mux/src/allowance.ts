// How much of a stream may leave now, by who counts: the peer's credit, our own limit while the peer is unknown, or nobody
// but the carrier; how much of that in one turn. And the frames of data that go within it. Pure.
import type { Codec, CodecSession } from './codec.js';
import { OutputBatch } from './output-batch.js';
import type { StreamRecord } from './stream-record.js';

const KIB = 1024;
/** What may leave before the peer has said whether it meters. */
const MAX_UNMETERED_STREAM_BYTES = 256 * KIB;
const MAX_UNMETERED_BYTES = KIB * KIB;

/** Of one turn, while others wait and while nobody does. */
const TURN_BYTES = 16 * KIB;
const TURN_BYTES_ALONE = 64 * KIB;
/** Turns in a full batch, and in all that a stream has sent: longer ones on a quick carrier, for streams to which they are short. */
const TURNS_OF_BATCH = 4;
const TURNS_OF_STREAM = 16;

/** `unknown`: limited until the peer's hello or its deadline; `free`: the carrier's own back-pressure; `credit`: as granted. */
export type Metering = 'unknown' | 'free' | 'credit';

/** @param unmeteredBytes what all streams have sent to a peer that is unknown */
export function allowance(stream: StreamRecord, metering: Metering, unmeteredBytes: number): number {
  if (metering === 'credit') return stream.sendLimit - stream.sent;
  if (metering === 'free') return Infinity;
  return Math.min(MAX_UNMETERED_STREAM_BYTES - stream.bytesSent, MAX_UNMETERED_BYTES - unmeteredBytes);
}

/** What a stream may send in one turn, `others` waiting for theirs. Fewer frames are less work; one over 16 KiB is at most a sixteenth of what the stream has sent. */
export function turnBytes(stream: StreamRecord, others: number, fullBatchBytes: number): number {
  if (others === 0) return TURN_BYTES_ALONE;
  return Math.max(TURN_BYTES, Math.min(fullBatchBytes / TURNS_OF_BATCH, Math.floor(stream.bytesSent / TURNS_OF_STREAM)));
}

/** Moves `length` bytes of the stream's queue into a batch, as one frame. */
export function addData(batch: OutputBatch, stream: StreamRecord, length: number, { headerBytes }: Codec, session: CodecSession): void {
  // First, for it may begin a new slab.
  const slab = batch.reserve(headerBytes);
  session.writeHeader(slab, batch.offset, stream.id, length);
  batch.advance(headerBytes);
  stream.take(length, batch);
}

/** Takes `length` bytes out of the stream's queue, as one frame of its own. */
export function frameOf(stream: StreamRecord, length: number, codec: Codec, session: CodecSession): Buffer {
  const batch = new OutputBatch();
  addData(batch, stream, length, codec, session);
  batch.close();
  // A copy: nobody holds the bytes still for it any more.
  const frame = Buffer.concat(batch.pieces, batch.byteLength);
  batch.release();
  return frame;
}
