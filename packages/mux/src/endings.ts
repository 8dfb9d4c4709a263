// What the end of the peer's reading, or of the whole session, means for streams: a stream that has seen its end drains,
// any other fails. It decides nothing: the engine says when.
import type { TCPSocket } from '@verb-tcp/socket';
import type { CodecSession } from './codec.js';
import { MuxError } from './errors.js';
import type { Negotiation } from './negotiation.js';
import type { Outbound } from './outbound.js';
import type { RoundTrips } from './round-trips.js';
import type { StreamIds } from './stream-ids.js';
import type { StreamRecord } from './stream-record.js';

/** What an end needs of the engine. */
export interface Ending {
  readonly streams: Map<number, StreamRecord>;
  readonly ids: StreamIds;
  readonly negotiation: Negotiation;
  readonly trips: RoundTrips;
  readonly outbound: Outbound;
  readonly session: CodecSession;
  readonly socket: TCPSocket;
  readonly owner: { over(error: MuxError | undefined): void };
  /** The stream is over and gone. */
  remove(stream: StreamRecord): void;
  /** The peer's silence on this stream counts from here on. */
  watch(stream: StreamRecord): void;
}

/** The peer takes nothing more of this stream: the reader drains, then writes fail. */
export function endWriting(engine: Ending, stream: StreamRecord): void {
  if (stream.isPeerGone) return;
  stream.isPeerGone = true;
  const { finalDone, handler } = stream;
  // Its callback stays with the stream: should that be destroyed before its end was read, it is called there.
  stream.done = stream.drop();
  stream.finalDone = undefined;
  if (finalDone !== undefined) {
    stream.isFinSent = true;
    process.nextTick(finalDone);
  }
  if (stream.isOrphan) return engine.remove(stream);
  const failWrites = (): void => {
    const pending = stream.drop();
    const facts = { nodeCode: 'EPIPE', streamId: stream.id, remote: true } as const;
    if (pending !== undefined) pending(new MuxError('ERR_MUX_STREAM_CLOSED', `the peer closed stream ${stream.id} and takes no more`, facts));
    else if (!handler.writableEnded && !handler.destroyed) handler.end();
  };
  if (handler.readableEnded) failWrites();
  else handler.once('end', failWrites);
}

/** The peer has not said hello: what it closed takes no more, and where we have closed its silence counts from here on. */
export function becomeMinimal(engine: Ending): void {
  for (const stream of engine.streams.values()) {
    if (stream.isFinReceived) endWriting(engine, stream);
    else if (stream.isFinSent) engine.watch(stream);
  }
}

/** No stream would be cut off: each is held by nobody, closed by the peer, or ended by both and only waits to be read. */
export function isVacant({ streams }: Ending): boolean {
  for (const { isOrphan, isPeerGone, isFinSent, isFinReceived } of streams.values()) {
    if (!isOrphan && !isPeerGone && !(isFinSent && isFinReceived)) return false;
  }
  return true;
}

/** Ends every stream and the carrier; with `wireCode` the peer is told first, where it understands. */
export function endSession(engine: Ending, error: MuxError | undefined, wireCode?: number, why?: string): void {
  const { session, outbound, streams, trips, negotiation, socket, ids } = engine;
  session.stop();
  outbound.abandon();
  for (const stream of streams.values()) cut(engine, stream, error, why);
  trips.fail(new MuxError('ERR_MUX_SESSION_CLOSED', 'the session ended', { cause: error }));
  if (wireCode !== undefined && negotiation.can('goaway') && socket.writable) {
    socket.end(session.goaway(ids.highestOfPeer, wireCode, error?.message.slice(0, 200) ?? ''), () => socket.destroy());
  } else socket.destroy();
  engine.owner.over(error);
}

function cut(engine: Ending, stream: StreamRecord, cause: MuxError | undefined, why = cause?.message ?? 'the multiplexer was destroyed'): void {
  const { handler } = stream;
  if (stream.isFinReceived && !stream.isOrphan) {
    // It has seen its end: what waits is read, then it ends.
    endWriting(engine, stream);
    stream.create = undefined;
    engine.streams.delete(stream.id);
    return;
  }
  engine.remove(stream);
  if (handler.destroyed) return;
  const facts = { nodeCode: 'ECONNRESET', streamId: stream.id, remote: cause?.remote, cause } as const;
  handler.destroy(new MuxError('ERR_MUX_SESSION_CLOSED', `stream ${stream.id} was cut off: ${why}`, facts));
}
