// What leaves: answers to the peer first, then opens in the order of their ids, then data in fair turns. Frames are built
// late, only while the carrier holds little, and the callback of the last batch goes on. It never reads.
import type { TCPSocket } from '@verb-tcp/socket';
import { addData, allowance, frameOf, type Metering } from './allowance.js';
import { BatchSize } from './batch-size.js';
import type { Codec, CodecSession } from './codec.js';
import { OutputBatch } from './output-batch.js';
import type { Done, StreamRecord } from './stream-record.js';
import { Turns } from './turns.js';

const KIB = 1024;
/** Bytes of destroyed streams that still leave, in one batch. */
const MAX_LAST_BYTES = 64 * KIB;
const TURN_BYTES = 16 * KIB;
const TURN_BYTES_ALONE = 64 * KIB;
/** Answers that a peer provokes and does not read. */
const MAX_ANSWER_BYTES = 64 * KIB;

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
  readonly #socket: TCPSocket;
  readonly #codec: Codec;
  readonly #session: CodecSession;
  readonly #owner: OutboundOwner;
  readonly #turns: Turns = new Turns();
  readonly #batch: OutputBatch = new OutputBatch();
  #answers: Buffer[] = [];
  #answerBytes = 0;
  /** Bytes of destroyed streams among the answers. */
  #lastBytes = 0;
  /** Said behind the first open: the hello. */
  #greeting: Buffer | undefined;
  /** Ends metering's first phase: everything behind it is metered. */
  #switch: Buffer | undefined;
  #switchLimit = 0;
  readonly #streams: ReadonlyMap<number, StreamRecord>;
  readonly #opens: StreamRecord[] = [];
  #firstOpen = 0;
  /** Whose writes and ends are wholly in the batch that is leaving. */
  readonly #dones: Done[] = [];
  readonly #leavers: StreamRecord[] = [];
  readonly #size: BatchSize = new BatchSize();
  #isScheduled = false;
  #isLeaving = false;
  #isOver = false;
  metering: Metering;
  #unmeteredBytes = 0;
  #initialLimit = 0;
  /** Counters. */
  stalls = 0;
  /** When the batch that is leaving was handed over; 0 where none is. */
  leavingSince = 0;
  onIdle: (() => void) | undefined;

  constructor(socket: TCPSocket, codec: Codec, session: CodecSession, owner: OutboundOwner, streams: ReadonlyMap<number, StreamRecord>, metering: Metering) {
    this.#socket = socket;
    this.#codec = codec;
    this.#session = session;
    this.#owner = owner;
    this.#streams = streams;
    this.metering = metering;
  }

  get waitingOpens(): number {
    return this.#opens.length - this.#firstOpen;
  }

  get activeStreams(): number {
    return this.#turns.count;
  }

  get answerBytes(): number {
    return this.#answerBytes;
  }

  /** Nothing waits and nothing is leaving. */
  get isIdle(): boolean {
    return !this.#isLeaving && !this.#isScheduled && this.#turns.count === 0 && this.#answers.length === 0;
  }

  /** Queues an answer that the peer provoked: it goes before everything else, and too many at once are one's end. */
  answer(frame: Buffer): void {
    this.#answerBytes += frame.length;
    this.tell(frame);
    if (this.#answerBytes > MAX_ANSWER_BYTES) this.#owner.overflowed();
  }

  /** Queues what we say of ourselves among the answers: as bounded as our streams are, whatever the peer does. */
  tell(frame: Buffer): void {
    if (this.#isOver) return;
    this.#answers.push(frame);
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

  /** Something of this stream may be able to leave. */
  activate(stream: StreamRecord): void {
    if (stream.create !== undefined || stream.isGone || (stream.queuedBytes === 0 && !(stream.isFinWanted && !stream.isFinSent))) return;
    this.#turns.add(stream);
    this.schedule();
  }

  /** What a destroyed stream has queued, as far as it may leave, goes with the answers: its reset follows. */
  sendLast(stream: StreamRecord): void {
    const room = Math.min(MAX_LAST_BYTES - this.#lastBytes, allowance(stream, this.metering, this.#unmeteredBytes));
    const length = Math.min(stream.queuedBytes, room);
    if (stream.create !== undefined || stream.isGone || this.#isOver || length <= 0) return;
    this.#lastBytes += length;
    if (this.metering === 'unknown') this.#unmeteredBytes += length;
    this.#answers.push(frameOf(stream, length, this.#codec, this.#session));
    this.schedule();
  }

  schedule(): void {
    if (this.#isScheduled || this.#isLeaving || this.#isOver) return;
    this.#isScheduled = true;
    process.nextTick(() => this.pump());
  }

  /** Nothing leaves any more. */
  stop(): void {
    this.#isOver = true;
    this.#answers = [];
    this.#opens.length = 0;
    this.#firstOpen = 0;
    while (this.#turns.next() !== undefined);
  }

  /** Builds what fits and hands it over in one write. */
  pump(): void {
    this.#isScheduled = false;
    if (this.#isOver || this.#isLeaving) return;
    const batch = this.#batch;
    this.#addAnswers(batch);
    this.#addOpens(batch);
    while (batch.byteLength < this.#size.bytes) {
      const stream = this.#turns.next();
      if (stream === undefined) break;
      this.#takeTurn(stream, batch);
    }
    batch.close();
    if (batch.byteLength === 0) this.onIdle?.();
    else this.#handOver(batch.pieces);
  }

  #addAnswers(batch: OutputBatch): void {
    const grants = this.#owner.takeGrants();
    for (const frame of this.#answers) batch.add(frame);
    this.#answers.length = 0;
    this.#answerBytes = 0;
    this.#lastBytes = 0;
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
    while (this.#firstOpen < this.#opens.length && batch.byteLength < this.#size.bytes) {
      const stream = this.#opens[this.#firstOpen] as StreamRecord;
      const { create } = stream;
      if (create !== undefined && !this.#owner.canOpen()) break;
      this.#firstOpen++;
      if (create === undefined) continue; // it was given up before it left
      batch.add(create);
      stream.create = undefined;
      this.begin(stream);
      this.#owner.opened(stream);
      this.activate(stream);
    }
    if (this.#firstOpen === this.#opens.length || this.#firstOpen > 1024) {
      this.#opens.splice(0, this.#firstOpen);
      this.#firstOpen = 0;
    }
    if (batch.byteLength > 0 && this.#greeting !== undefined) batch.add(this.takeGreeting() as Buffer);
  }

  #takeTurn(stream: StreamRecord, batch: OutputBatch): void {
    if (stream.isGone) return;
    if (stream.queuedBytes > 0) {
      const most = this.#turns.count > 0 ? TURN_BYTES : TURN_BYTES_ALONE;
      const length = Math.min(stream.queuedBytes, most, allowance(stream, this.metering, this.#unmeteredBytes));
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
      if (done !== undefined) {
        this.#dones.push(done);
        this.#leavers.push(stream);
      }
      if (stream.isLastWrite) stream.isFinWanted = true;
    }
    if (stream.isFinWanted && !stream.isFinSent) this.#addFin(stream, batch);
  }

  #addFin(stream: StreamRecord, batch: OutputBatch): void {
    stream.isFinSent = true;
    batch.add(this.#session.fin(stream.id));
    if (stream.finalDone !== undefined) this.#dones.push(stream.finalDone);
    stream.finalDone = undefined;
    this.#owner.finished(stream);
  }

  #handOver(pieces: readonly Uint8Array[]): void {
    const last = pieces.length - 1;
    this.#isLeaving = true;
    this.leavingSince = performance.now() || Number.MIN_VALUE;
    this.#socket.cork();
    for (let at = 0; at < last; at++) this.#socket.write(pieces[at] as Uint8Array);
    this.#socket.write(pieces[last] as Uint8Array, this.#onLeft);
    this.#socket.uncork();
  }

  readonly #onLeft = (error?: Error | null): void => {
    this.#isLeaving = false;
    this.#size.left(this.#batch.byteLength, this.leavingSince, performance.now());
    this.leavingSince = 0;
    this.#batch.release();
    // A copy: a callback may write, and so fill the list for the next batch.
    const dones = this.#dones.splice(0);
    for (const stream of this.#leavers.splice(0)) stream.writingBytes = 0;
    for (const done of dones) done(error);
    if (error === null || error === undefined) this.pump();
  };
}
