// The session: which streams there are, how they begin and end, and what each event of the codec means. The engine knows
// no wire. Bytes out are `Outbound`'s, bytes in `Inbound`'s, time is `Deadlines`'.
import type { TCPSocket } from '@verb-tcp/socket';
import { Carrier } from './carrier.js';
import { WireCode, type Codec, type CodecEvents, type CodecSession } from './codec.js';
import { becomeMinimal, endSession } from './endings.js';
import { MuxError, type MuxErrorCode } from './errors.js';
import { Inbound } from './inbound.js';
import { Negotiation } from './negotiation.js';
import type { ResolvedMuxOptions } from './options.js';
import { Outbound, type OutboundOwner } from './outbound.js';
import { RoundTrips } from './round-trips.js';
import { StreamIds } from './stream-ids.js';
import type { StreamOwner } from './stream-handler.js';
import { StreamRecord, type Done } from './stream-record.js';

const MAX_CONTROL_BYTES = 64 * 1024;
const MAX_UNACKED_OPENS = 256;
/** Resets that wait until it is known what the peer speaks. */
const MAX_UNSAID = 1024;

/** What the engine asks and tells its user. */
export interface EngineOwner {
  /** Makes the handler of a record; of a stream of the peer without `allowHalfOpen`. */
  makeHandler(record: StreamRecord, type: string, metadata: unknown, allowHalfOpen?: boolean): void;
  /** Why nobody takes a stream of this type, now or later. */
  refusalOf(type: string): string | undefined;
  accepted(stream: StreamRecord): void;
  heardHello(): void;
  heardGoaway(lastStreamId: number, code: number, reason: string): void;
  /** Once; the carrier is being closed. */
  over(error: MuxError | undefined): void;
  streamGone(): void;
  armDeadlines(): void;
}

export class Engine implements OutboundOwner, StreamOwner {
  readonly carrier: Carrier;
  readonly streams: Map<number, StreamRecord> = new Map();
  readonly ids: StreamIds;
  readonly negotiation: Negotiation;
  readonly trips: RoundTrips = new RoundTrips();
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly session: CodecSession;
  /** Streams with a deadline: closing, or waiting for the peer. */
  readonly watched: Set<StreamRecord> = new Set();
  /** Streams of ours that have left, of these the un-acked ones, and streams of the peer. */
  ourStreams = 0;
  unacked = 0;
  peerStreams = 0;
  resets = 0;
  refused = 0;
  bytesIn = 0;
  helloSentAt = 0; // its answer is a round trip
  lastInboundAt: number = performance.now();
  /** Resets that wait until the peer is known. */
  readonly #unsaid: { id: number; code: number; reason: string }[] = [];
  isOver = false;
  /** The last id of the peer that we serve, once we have gone away. */
  goneAwayAt: number | undefined;
  peerGoaway: number | undefined;
  /** What the peer's go-away said, where it was for a fault. */
  peerFault: string | undefined;

  constructor(
    readonly socket: TCPSocket,
    readonly codec: Codec,
    readonly options: ResolvedMuxOptions,
    readonly owner: EngineOwner,
    makeEvents: (engine: Engine) => CodecEvents,
  ) {
    this.carrier = new Carrier(socket);
    this.ids = new StreamIds(codec.ids, options.role);
    this.negotiation = new Negotiation(options.extensions, !codec.negotiation);
    this.session = codec.createSession(makeEvents(this), { maxControlBytes: MAX_CONTROL_BYTES, maxMetadataBytes: options.maxMetadataBytes });
    const { trips } = this;
    this.inbound = new Inbound(socket, this.session, options, {
      grantDue: () => this.#grantDue(),
      get roundTrip(): number {
        return trips.smallest;
      },
      paused: () => owner.armDeadlines(),
    });
    this.outbound = new Outbound(socket, codec, this.session, this, this.streams, this.negotiation.isMinimal ? 'free' : 'unknown');
    if (!codec.negotiation) {
      this.outbound.meterFromStart(this.negotiation.peer?.initialWindow ?? 0);
      this.inbound.meter([]);
    }
  }

  /** Bytes of the carrier. */
  receive(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.bytesIn === 0) this.carrier.look();
    this.bytesIn += chunk.length;
    this.lastInboundAt = performance.now();
    this.session.decode(chunk);
  }

  /** Opens a stream of ours. @throws MuxError, TypeError, RangeError */
  open(type: string, metadata: unknown, allowHalfOpen: boolean): StreamRecord {
    if (this.isOver) throw new MuxError('ERR_MUX_SESSION_CLOSED', 'the multiplexer is closed');
    if (this.goneAwayAt !== undefined || this.peerGoaway !== undefined) throw new MuxError('ERR_MUX_GOAWAY', 'no new streams: one end is going away');
    if (this.outbound.waitingOpens >= this.options.maxWaitingOpens) {
      throw new MuxError('ERR_MUX_TOO_MANY_STREAMS', `${this.options.maxWaitingOpens} opens wait for the peer already`);
    }
    const id = this.ids.next;
    if (id === 0) throw new MuxError('ERR_MUX_IDS_EXHAUSTED', 'every stream id was used');
    // Before the id is taken: it throws for what cannot be said.
    const create = this.session.open(id, type, metadata, this.options.initialWindowBytes);
    this.ids.take(id);
    const record = new StreamRecord(id, true);
    record.create = create;
    record.since = performance.now();
    this.owner.makeHandler(record, type, metadata, allowHalfOpen);
    this.streams.set(id, record);
    this.inbound.begin(record);
    this.greet();
    this.outbound.open(record);
    this.watch(record);
    return record;
  }

  /** Says hello behind the first open, once. */
  greet(): void {
    const { negotiation } = this;
    if (negotiation.isSaid || negotiation.isOff || !this.codec.negotiation) return;
    negotiation.isSaid = true;
    this.outbound.greetBehindOpen(this.helloFrame());
    this.helloSentAt = performance.now();
    this.expectHello();
  }

  helloFrame(): Buffer {
    return this.session.hello(this.negotiation.ours(this.options.initialWindowBytes, this.options.maxStreams));
  }

  expectHello(): void {
    if (this.negotiation.startedAt >= 0 || this.negotiation.isKnown) return;
    this.negotiation.startedAt = performance.now();
    this.owner.armDeadlines();
  }

  /** The peer has not said hello in time. */
  hearNothing(): void {
    if (this.negotiation.isRequired) return this.fail('ERR_MUX_UNSUPPORTED', 'the peer has not answered our hello in 5 seconds', WireCode.none);
    this.negotiation.giveUp();
    this.outbound.free();
    this.sayWhatWaited();
    becomeMinimal(this);
    if (this.trips.sentAt === 0) this.trips.fail(new MuxError('ERR_MUX_UNSUPPORTED', 'the peer does not speak ping'));
  }

  // What `Outbound` asks and tells.

  canOpen(): boolean {
    if (this.negotiation.isMinimal) return true;
    const { peer, isAcking } = this.negotiation;
    // A reset that waits to be said is of a stream that the peer still has.
    return this.ourStreams < (peer?.maxStreams ?? Infinity) && !(isAcking && this.unacked + this.#unsaid.length >= MAX_UNACKED_OPENS);
  }

  opened(stream: StreamRecord): void {
    this.ourStreams++;
    this.unacked++;
    stream.since = performance.now();
  }

  takeGrants(): Buffer[] | undefined {
    return this.inbound.takeGrants();
  }

  finished(stream: StreamRecord): void {
    stream.since = performance.now();
    if (stream.isOrphan && stream.isFinReceived) this.remove(stream);
    else if (this.negotiation.isMinimal || stream.isDiscarding) this.watch(stream);
  }

  overflowed(): void {
    this.fail('ERR_MUX_CALM', 'the peer provokes answers and reads none', WireCode.calm);
  }

  // What streams ask.

  wantInput(stream: StreamRecord): void {
    stream.wantsInput = true;
    if (stream.inboxBytes > 0 || stream.isFinReceived) this.inbound.deliver(stream);
  }

  send(stream: StreamRecord, isLast = false): void {
    if (isLast) this.outbound.sendLast(stream);
    else this.outbound.send(stream);
  }

  /** Our end: `done` when it has left. */
  finish(stream: StreamRecord, done: Done): void {
    if (stream.isFinSent || stream.isPeerGone || stream.isGone || this.isOver) {
      stream.isFinSent = true;
      return done();
    }
    stream.isFinWanted = true;
    stream.finalDone = done;
    this.outbound.activate(stream);
  }

  /** The handler is destroyed: whatever the wire still needs is said. */
  destroyed(stream: StreamRecord, resetCode: number | undefined, reason: string): void {
    stream.isOrphan = true;
    stream.finalDone = undefined;
    if (stream.isGone) return;
    if (stream.create !== undefined) {
      this.remove(stream);
      stream.create = undefined; // so that it never leaves
      return;
    }
    if (this.isOver || stream.isPeerGone || (stream.isFinSent && stream.isFinReceived)) return this.remove(stream);
    if (resetCode !== undefined) return this.resetStream(stream, resetCode, reason);
    this.inbound.discard(stream);
    stream.isFinWanted = true;
    stream.since = performance.now();
    this.outbound.activate(stream);
    this.watch(stream);
  }

  /** Ends both directions on the wire and forgets the stream. */
  resetStream(stream: StreamRecord, code: number, reason: string): void {
    if (stream.isGone) return;
    this.resets++;
    if (this.negotiation.can('reset') || !stream.isFinSent) this.sayReset(stream.id, code, reason);
    this.remove(stream);
  }

  /** A reset or a refusal, in the words that the peer knows; nothing before it is known which. */
  sayReset(id: number, code: number, reason: string, how: 'answer' | 'tell' = 'tell'): void {
    const { negotiation, outbound, session } = this;
    if (negotiation.can('reset')) outbound[how](session.reset(id, code, reason));
    else if (negotiation.isKnown) outbound[how](session.fin(id));
    else if (this.#unsaid.length < MAX_UNSAID) this.#unsaid.push({ id, code, reason });
    else this.overflowed();
  }

  /** The peer is known: says what waited for that. */
  sayWhatWaited(): void {
    for (const { id, code, reason } of this.#unsaid.splice(0)) this.sayReset(id, code, reason);
  }

  /** `close` was called. */
  discard(stream: StreamRecord): void {
    if (stream.isGone) return;
    stream.since = performance.now();
    this.inbound.discard(stream);
    this.inbound.deliver(stream);
    this.watch(stream);
  }

  /** Nothing of it goes over the wire any more. */
  remove(stream: StreamRecord): void {
    if (this.streams.delete(stream.id)) {
      if (!stream.isOurs) this.peerStreams--;
      else if (stream.create === undefined) {
        this.ourStreams--;
        if (!stream.isAcked) this.unacked--;
      }
    }
    this.watched.delete(stream);
    this.inbound.forget(stream);
    if (this.outbound.waitingOpens > 0) this.outbound.schedule();
    this.owner.streamGone();
  }

  watch(stream: StreamRecord): void {
    this.watched.add(stream);
    this.owner.armDeadlines();
  }

  /** The peer broke a rule: go-away with `wireCode`, then the end. */
  fail(code: MuxErrorCode, message: string, wireCode: number): void {
    this.end(new MuxError(code, message, { remote: true }), wireCode);
  }

  /** The end of the session, once; `why` is told to the streams that it cuts. */
  end(error: MuxError | undefined, wireCode?: number, why?: string): void {
    if (this.isOver) return;
    this.isOver = true;
    endSession(this, error, wireCode, why);
  }

  #grantDue(): void {
    this.outbound.schedule();
    // To know whether the window or the reader is the limit, the round trip must be known.
    if (this.trips.last === 0 && this.trips.sentAt === 0 && this.negotiation.can('ping')) this.ping();
  }

  /** Sends a ping unless one is on the way. */
  ping(): void {
    const id = this.trips.begin(performance.now());
    if (id !== 0) this.outbound.tell(this.session.ping(id));
  }
}
