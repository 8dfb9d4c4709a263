// What has come: handed to the stream's reader while it has room, kept in the engine otherwise. Counts what the reader
// took and grants more; of a peer that does not meter, bounds what is kept by pausing the carrier.
import type { TCPSocket } from '@verb-tcp/socket';
import type { CodecSession } from './codec.js';
import type { ResolvedMuxOptions } from './options.js';
import { GrowthBudget, ReceiveWindow } from './receive-window.js';
import type { StreamRecord } from './stream-record.js';

const MIB = 1024 * 1024;
/** Kept of a peer that does not meter, before the carrier is paused. */
const MAX_FREE_STREAM_BYTES = MIB;
const MAX_FREE_BYTES = 8 * MIB;
/** A turn of the event loop that reads so much shows that there is more: a grant could bring nothing to read yet. */
const BUSY_TURN_BYTES = MIB;
/** So long a grant waits for others through such turns, in milliseconds. */
const MAX_GATHERING = 10;
/** Shorter slices that wait are joined, so that a window of single bytes costs no more than its bytes. */
const JOIN_BELOW_BYTES = 2048;

/** What the engine is asked and told. */
export interface InboundOwner {
  /** Something can be granted: `takeGrants` soon. */
  grantDue(): void;
  /** The smallest round trip in milliseconds; 0 where none is known. */
  readonly roundTrip: number;
  /** The carrier was paused: a deadline begins. */
  paused(): void;
}

export class Inbound {
  readonly #socket: TCPSocket;
  readonly #session: CodecSession;
  readonly #options: ResolvedMuxOptions;
  readonly #owner: InboundOwner;
  readonly #budget: GrowthBudget;
  #dirty: StreamRecord[] = [];
  /** Since when grants wait for others, in milliseconds; 0 where none does. */
  #gatheringSince = 0;
  /** What this turn of the event loop has brought since. */
  #turnBytes = 0;
  /** One of them should not wait beyond this turn. */
  #isPressing = false;
  /** The peer's bytes count against what we grant. */
  isMetered = false;
  /** Bytes kept in inboxes, over all streams. */
  bufferedBytes = 0;
  /** When the carrier was paused, in milliseconds; 0 where it is not. */
  pausedAt = 0;
  /** The stream that it was paused for. */
  fullStream: StreamRecord | undefined;

  constructor(socket: TCPSocket, session: CodecSession, options: ResolvedMuxOptions, owner: InboundOwner) {
    this.#socket = socket;
    this.#session = session;
    this.#options = options;
    this.#owner = owner;
    this.#budget = new GrowthBudget(options.maxGrowthBytes);
  }

  /** From the next byte on, what the peer sends on these streams is metered. */
  meter(streams: Iterable<StreamRecord>): void {
    this.isMetered = true;
    for (const stream of streams) this.begin(stream);
    this.#resume();
  }

  /** A new stream. */
  begin(stream: StreamRecord): void {
    if (!this.isMetered) return;
    stream.unmeteredBytes = stream.inboxBytes;
    stream.window = new ReceiveWindow(this.#options.initialWindowBytes, performance.now());
  }

  /** One slice of a stream's bytes. */
  take(stream: StreamRecord, slice: Buffer): void {
    this.#turnBytes += slice.length;
    if (stream.isDiscarding) {
      this.#consume(stream, slice.length);
    } else if (stream.wantsInput && stream.inboxBytes === 0) {
      this.#push(stream, slice);
      // The listener had the carrier bring more for it.
      if (stream.wantsInput && stream.inboxBytes > 0) this.deliver(stream);
    } else {
      keep(stream, slice);
      stream.inboxBytes += slice.length;
      this.bufferedBytes += slice.length;
      if (!this.isMetered) this.#pauseWhereFull(stream);
      else if (stream.isGrantDirty && stream.window !== undefined) this.#gatherGrant(stream.window);
    }
  }

  /** The reader has room: gives it what waits, then the end where that has come. */
  deliver(stream: StreamRecord): void {
    while (stream.wantsInput && stream.inboxBytes > 0 && !stream.isDiscarding) {
      const slice = (stream.inbox as Buffer[]).shift() as Buffer;
      stream.inboxBytes -= slice.length;
      this.bufferedBytes -= slice.length;
      this.#push(stream, slice);
    }
    if (this.pausedAt !== 0) this.#resume();
    if (stream.isFinReceived && stream.inboxBytes === 0 && !stream.isEndPushed) this.#pushEnd(stream);
  }

  /** What waits and what comes is thrown away, and credited. */
  discard(stream: StreamRecord): void {
    stream.isDiscarding = true;
    const bytes = this.#drop(stream);
    if (bytes > 0) this.#consume(stream, bytes);
    if (this.pausedAt !== 0) this.#resume();
  }

  /** The stream is over: what it holds goes. */
  forget(stream: StreamRecord): void {
    this.#drop(stream);
    stream.isGone = true;
    if (stream.window !== undefined) this.#budget.giveBack(stream.window.grownBytes);
    stream.window = undefined;
    if (this.pausedAt !== 0) this.#resume();
  }

  /** Grants that are due, as frames. */
  takeGrants(): Buffer[] | undefined {
    if (this.#dirty.length === 0) return undefined;
    const grants: number[] = [];
    const now = performance.now();
    for (const stream of this.#dirty) {
      stream.isGrantDirty = false;
      if (stream.isGone || stream.isFinReceived || stream.window === undefined) continue;
      const raised = stream.window.grant(now, this.#owner.roundTrip, this.#options.maxWindowBytes, this.#budget);
      if (raised > 0) grants.push(stream.id, stream.window.granted, raised);
    }
    this.#dirty = [];
    return grants.length === 0 ? undefined : this.#session.grant(grants);
  }

  /** Empties the inbox; gives how many bytes were in it. */
  #drop(stream: StreamRecord): number {
    const bytes = stream.inboxBytes;
    this.bufferedBytes -= bytes;
    stream.inbox = undefined;
    stream.inboxBytes = 0;
    return bytes;
  }

  #push(stream: StreamRecord, slice: Buffer): void {
    stream.bytesReceived += slice.length;
    // A listener may ask for more before `push` returns.
    stream.wantsInput = false;
    if (stream.handler.push(slice)) stream.wantsInput = true;
    this.#consume(stream, slice.length);
  }

  #pushEnd(stream: StreamRecord): void {
    stream.isEndPushed = true;
    stream.handler.push(null);
    // Where nothing is unread, `'end'` comes without anybody reading, as in `net`.
    stream.handler.read(0);
  }

  #consume(stream: StreamRecord, bytes: number): void {
    const { window } = stream;
    if (window === undefined) return;
    const unmetered = Math.min(bytes, stream.unmeteredBytes);
    stream.unmeteredBytes -= unmetered;
    window.consumed += bytes - unmetered;
    if (stream.isFinReceived || !window.isGrantDue) return;
    if (!stream.isGrantDirty) {
      stream.isGrantDirty = true;
      this.#dirty.push(stream);
      window.grantFellDue(performance.now(), this.#owner.roundTrip);
    }
    this.#gatherGrant(window);
  }

  /** Grants that have time go together: behind all that is read in this turn of the event loop, and while we are behind, of several. */
  #gatherGrant(window: ReceiveWindow): void {
    if (window.isGrantUrgent) return this.#owner.grantDue();
    if (window.isGrantPressing) this.#isPressing = true;
    if (this.#gatheringSince !== 0) return;
    this.#gatheringSince = performance.now() || Number.MIN_VALUE;
    this.#turnBytes = 0;
    setImmediate(this.#turnIsOver);
  }

  readonly #turnIsOver = (): void => {
    const isBusy = this.#turnBytes >= BUSY_TURN_BYTES && performance.now() - this.#gatheringSince < MAX_GATHERING;
    this.#turnBytes = 0;
    if (isBusy && !this.#isPressing && this.#dirty.length > 0) {
      setImmediate(this.#turnIsOver);
      return;
    }
    this.#gatheringSince = 0;
    this.#isPressing = false;
    if (this.#dirty.length > 0) this.#owner.grantDue();
  };

  #pauseWhereFull(stream: StreamRecord): void {
    if (this.pausedAt !== 0 || (stream.inboxBytes < MAX_FREE_STREAM_BYTES && this.bufferedBytes < MAX_FREE_BYTES)) return;
    this.pausedAt = performance.now() || Number.MIN_VALUE;
    this.fullStream = stream;
    this.#socket.pause();
    this.#owner.paused();
  }

  #resume(): void {
    if (this.pausedAt === 0) return;
    const full = this.fullStream;
    const isStreamFull = full !== undefined && !full.isGone && full.inboxBytes >= MAX_FREE_STREAM_BYTES / 2;
    if (!this.isMetered && (isStreamFull || this.bufferedBytes >= MAX_FREE_BYTES)) return;
    this.pausedAt = 0;
    this.fullStream = undefined;
    this.#socket.resume();
  }
}

function keep(stream: StreamRecord, slice: Buffer): void {
  const inbox = (stream.inbox ??= []);
  const last = inbox.at(-1);
  const isJoined = last !== undefined && last.length < JOIN_BELOW_BYTES && slice.length < JOIN_BELOW_BYTES;
  if (isJoined) inbox[inbox.length - 1] = Buffer.concat([last, slice]);
  else inbox.push(slice);
}
