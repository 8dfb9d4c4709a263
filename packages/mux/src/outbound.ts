// What leaves: answers to the peer first, then opens in the order of their ids, then data in fair turns. Frames are built
// late, only while the carrier holds little; once a batch has left, the next is built. It never reads.
import type { TCPSocket } from '@verb-tcp/socket';
import { addData, allowance, frameOf, turnBytes, type Metering } from './allowance.js';
import { Answers } from './answers.js';
import { BatchWriter } from './batch-writer.js';
import type { Codec, CodecSession } from './codec.js';
import { Leavers } from './leavers.js';
import type { OutputBatch } from './output-batch.js';
import { Ring } from './ring.js';
import type { StreamRecord } from './stream-record.js';
import { Turns } from './turns.js';

const KIB = 1024;
/** A write of so much gains nothing by waiting for others of its turn of the event loop. */
const AT_ONCE_BYTES = 32 * KIB;
/** What one call hands over to a carrier that takes all of it. */
const MAX_BYTES_AT_ONCE = KIB * KIB;

/** What the engine is asked and told. */
export interface OutboundOwner {
  /** Whether one more open may leave now. */
  canOpen(): boolean;
  /** This stream's open has left. */
  opened(stream: StreamRecord): void;
  /** Grants that are due, as late as possible. */
  takeGrants(): Buffer[] | undefined;
  /** Our end of this stream has left. */
  finished(stream: StreamRecord): void;
  /** The peer provokes more answers than it reads. */
  overflowed(): void;
}

export class Outbound {
  readonly #writer: BatchWriter;
  readonly #codec: Codec;
  readonly #session: CodecSession;
  readonly #owner: OutboundOwner;
  readonly #turns: Turns = new Turns();
  /** Said behind the first open: the hello. */
  #greeting: Buffer | undefined;
  /** Ends metering's first phase: everything behind it is metered. */
  #switch: Buffer | undefined;
  #switchLimit = 0;
  readonly #streams: ReadonlyMap<number, StreamRecord>;
  readonly #opens: Ring<StreamRecord> = new Ring();
  readonly #leavers: Leavers = new Leavers();
  /** Who had a turn last. */
  #lastId = 0;
  #isScheduled = false;
  #isBuilding = false;
  #isOver = false;
  readonly answers: Answers = new Answers();
  metering: Metering;
  #unmeteredBytes = 0;
  #initialLimit = 0;
  /** Counters. */
  stalls = 0;
  onIdle: (() => void) | undefined;

  constructor(socket: TCPSocket, codec: Codec, session: CodecSession, owner: OutboundOwner, streams: ReadonlyMap<number, StreamRecord>, metering: Metering) {
    this.#writer = new BatchWriter(socket, this.#onLeft);
    this.#codec = codec;
    this.#session = session;
    this.#owner = owner;
    this.#streams = streams;
    this.metering = metering;
  }

  get waitingOpens(): number {
    return this.#opens.count;
  }

  get activeStreams(): number {
    return this.#turns.count;
  }

  /** When the batch that is leaving was handed over; 0 where none is. */
  get leavingSince(): number {
    return this.#writer.leavingSince;
  }

  /** Nothing waits and nothing is leaving. */
  get isIdle(): boolean {
    return !this.#writer.isLeaving && !this.#isBuilding && !this.#isScheduled && this.#turns.count === 0 && this.answers.isEmpty;
  }

  /** What is sent now is the first to leave, and nobody else's callback runs for it. */
  get #isFree(): boolean {
    return !this.#writer.isLeaving && !this.#isBuilding && this.#turns.count === 0 && this.waitingOpens === 0 && this.#switch === undefined;
  }

  /** Queues an answer that the peer provoked: it goes before everything else, and too many at once are one's end. */
  answer(frame: Buffer): void {
    if (this.#isOver) return;
    const fits = this.answers.answer(frame);
    this.schedule();
    if (!fits) this.#owner.overflowed();
  }

  /** Queues what we say of ourselves among the answers: as bounded as our streams are, whatever the peer does. */
  tell(frame: Buffer): void {
    if (this.#isOver) return;
    this.answers.tell(frame);
    this.schedule();
  }

  /** The hello, behind the next open that leaves. */
  greetBehindOpen(frame: Buffer): void {
    this.#greeting = frame;
  }

  /** The hello goes with the answers instead. */
  takeGreeting(): Buffer | undefined {
    const greeting = this.#greeting;
    this.#greeting = undefined;
    return greeting;
  }

  /** Queues `frame` behind the answers; every byte behind it counts against the peer's credit. */
  meterBehind(frame: Buffer, initialLimit: number): void {
    this.#switch = frame;
    this.#switchLimit = initialLimit;
    this.schedule();
  }

  /** A codec whose credit counts from the first byte. */
  meterFromStart(initialLimit: number): void {
    this.metering = 'credit';
    this.#initialLimit = initialLimit;
  }

  /** Nobody meters, or nobody can: back-pressure is the carrier's. */
  free(): void {
    this.metering = 'free';
    for (const stream of this.#streams.values()) this.activate(stream);
  }

  /** Queues an open; its data follows it. */
  open(stream: StreamRecord): void {
    this.#opens.push(stream);
    this.schedule();
  }

  /** Ready to send, as far as the peer knows; for a stream of the peer at once. */
  begin(stream: StreamRecord): void {
    stream.sent = 0;
    stream.sendLimit = this.#initialLimit;
  }

  /** A write was queued. A large one of a stream that has the carrier to itself leaves before this returns, as from a bare socket. */
  send(stream: StreamRecord): void {
    if (stream.id !== this.#lastId || stream.queuedBytes < AT_ONCE_BYTES || !this.#isFree) return this.activate(stream);
    this.#turns.add(stream);
    this.pump();
  }

  /** Something of this stream may be able to leave. */
  activate(stream: StreamRecord): void {
    if (stream.create !== undefined || stream.isGone || (stream.queuedBytes === 0 && !(stream.isFinWanted && !stream.isFinSent))) return;
    this.#turns.add(stream);
    this.schedule();
  }

  /** What a destroyed stream has queued, as far as it may leave, goes with the answers: its reset follows. */
  sendLast(stream: StreamRecord): void {
    const length = Math.min(stream.queuedBytes, this.answers.roomForLast, allowance(stream, this.metering, this.#unmeteredBytes));
    if (stream.create !== undefined || stream.isGone || this.#isOver || length <= 0) return;
    if (this.metering === 'unknown') this.#unmeteredBytes += length;
    this.answers.addLast(frameOf(stream, length, this.#codec, this.#session), length);
    this.schedule();
  }

  /** Pumps behind what runs now, or behind what the event loop has for everybody else. */
  schedule(behind: 'this' | 'others' = 'this'): void {
    if (this.#isScheduled || this.#writer.isLeaving || this.#isOver) return;
    this.#isScheduled = true;
    if (behind === 'this') process.nextTick(() => this.pump());
    else setImmediate(() => this.pump());
  }

  /** The session is lost, and so may be what is leaving. */
  abandon(): void {
    this.stop();
    this.#leavers.giveBack();
  }

  /** Nothing leaves any more but what is leaving. */
  stop(): void {
    this.#isOver = true;
    this.answers.clear();
    this.#opens.clear();
    while (this.#turns.next() !== undefined);
  }

  /** Builds what fits and hands it over in one write; again, as long as the carrier takes it at once, but not for ever. */
  pump(): void {
    this.#isScheduled = false;
    for (let bytes = 0; !this.#isOver && !this.#writer.isLeaving && !this.#isBuilding; ) {
      if (bytes > MAX_BYTES_AT_ONCE) return this.schedule('others');
      this.#build(this.#writer.batch);
      if (this.#writer.batch.byteLength === 0) return this.onIdle?.();
      bytes += this.#writer.batch.byteLength;
      if (this.#writer.write()) this.#leavers.callBack();
    }
  }

  #build(batch: OutputBatch): void {
    this.#isBuilding = true;
    try {
      this.#addAnswers(batch);
      this.#addOpens(batch);
      while (batch.byteLength < this.#writer.fullBytes) {
        const stream = this.#turns.next();
        if (stream === undefined) break;
        this.#takeTurn(stream, batch);
      }
      batch.close();
    } finally {
      this.#isBuilding = false;
    }
  }

  #addAnswers(batch: OutputBatch): void {
    const grants = this.#owner.takeGrants();
    this.answers.moveTo(batch);
    if (this.#switch !== undefined) {
      batch.add(this.#switch);
      this.#switch = undefined;
      this.#startMetering();
    }
    if (grants !== undefined) for (const frame of grants) batch.add(frame);
  }

  #startMetering(): void {
    this.metering = 'credit';
    this.#initialLimit = this.#switchLimit;
    for (const stream of this.#streams.values()) {
      this.begin(stream);
      this.activate(stream);
    }
  }

  #addOpens(batch: OutputBatch): void {
    while (batch.byteLength < this.#writer.fullBytes) {
      const stream = this.#opens.first;
      if (stream === undefined) break;
      const { create } = stream;
      if (create !== undefined && !this.#owner.canOpen()) break;
      this.#opens.shift();
      if (create === undefined) continue; // it was given up before it left
      batch.add(create);
      stream.create = undefined;
      this.begin(stream);
      this.#owner.opened(stream);
      this.activate(stream);
    }
    if (batch.byteLength > 0 && this.#greeting !== undefined) batch.add(this.takeGreeting() as Buffer);
  }

  #takeTurn(stream: StreamRecord, batch: OutputBatch): void {
    if (stream.isGone) return;
    this.#lastId = stream.id;
    if (stream.queuedBytes > 0) {
      const length = Math.min(stream.queuedBytes, turnBytes(stream, this.#turns.count, this.#writer.fullBytes), allowance(stream, this.metering, this.#unmeteredBytes));
      if (length <= 0) {
        this.stalls++;
        return; // a grant brings it back
      }
      addData(batch, stream, length, this.#codec, this.#session);
      if (this.metering === 'unknown') this.#unmeteredBytes += length;
      if (stream.queuedBytes > 0) {
        this.#turns.add(stream);
        return;
      }
      const done = stream.drop();
      if (done !== undefined) this.#leavers.addWrite(stream, done);
      if (stream.isLastWrite) stream.isFinWanted = true;
    }
    if (stream.isFinWanted && !stream.isFinSent) this.#addFin(stream, batch);
  }

  #addFin(stream: StreamRecord, batch: OutputBatch): void {
    stream.isFinSent = true;
    batch.add(this.#session.fin(stream.id));
    if (stream.finalDone !== undefined) this.#leavers.addEnd(stream, stream.finalDone);
    stream.finalDone = undefined;
    this.#owner.finished(stream);
  }

  readonly #onLeft = (error?: Error | null): void => {
    if (error === null || error === undefined) {
      this.#leavers.callBack();
      return this.pump();
    }
    // The socket says why, and then `'close'`, which ends the session.
    this.stop();
    this.#leavers.fail(error);
  };
}
