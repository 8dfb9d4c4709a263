// How much of a stream may leave now, by who counts: the peer's credit, our own limit while the peer is unknown, or nobody
// but the carrier. And the frames of data that go within it. Pure.
import type { Codec, CodecSession } from './codec.js';
import { OutputBatch } from './output-batch.js';
import type { StreamRecord } from './stream-record.js';

const KIB = 1024;
/** What may leave before the peer has said whether it meters. */
const MAX_UNMETERED_STREAM_BYTES = 256 * KIB;
const MAX_UNMETERED_BYTES = KIB * KIB;

/** `unknown`: limited until the peer's hello or its deadline; `free`: the carrier's own back-pressure; `credit`: as granted. */
export type Metering = 'unknown' | 'free' | 'credit';

/** @param unmeteredBytes what all streams have sent to a peer that is unknown */
export function allowance(stream: StreamRecord, metering: Metering, unmeteredBytes: number): number {
  if (metering === 'credit') return stream.sendLimit - stream.sent;
  if (metering === 'free') return Infinity;
  return Math.min(MAX_UNMETERED_STREAM_BYTES - stream.bytesSent, MAX_UNMETERED_BYTES - unmeteredBytes);
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
