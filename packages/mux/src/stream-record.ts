// The engine's view of one stream: numbers and queues, no behaviour of a socket. `StreamHandler` is the user's view.
import type { OutputBatch } from './output-batch.js';
import type { ReceiveWindow } from './receive-window.js';

/** The callback of a write or a final, as Node gives it. */
export type Done = (error?: Error | null) => void;

/** What the engine needs of the stream that users hold. */
export interface StreamPort {
  readonly destroyed: boolean;
  readonly readableEnded: boolean;
  readonly readableLength: number;
  readonly writableEnded: boolean;
  readonly writableLength: number;
  push(chunk: Buffer | null): boolean;
  read(size: number): unknown;
  end(): unknown;
  destroy(error?: Error): unknown;
  once(event: 'end', listener: () => void): unknown;
}

export class StreamRecord {
  readonly id: number;
  readonly isOurs: boolean;
  /** The stream that users hold. Set at once, by who made the record. */
  handler!: StreamPort;
  /** The frame that opens it, until that has left. */
  create: Buffer | undefined;
  isAcked = false;

  // What is written: one write at a time, as Node's writables give it.
  #chunk: Uint8Array | undefined;
  #chunks: Uint8Array[] | undefined;
  #index = 0;
  #offset = 0;
  queuedBytes = 0;
  /** The length of the write that was not called back, and of all writes so far. */
  writingBytes = 0;
  bytesHanded = 0;
  done: Done | undefined;
  /** It has a turn coming. */
  isActive = false;
  /** The round in which it had its last one. */
  lastRound = 0;
  /** Metered bytes sent, and how far the peer lets us. Before metering: all bytes sent. */
  sent = 0;
  sendLimit = 0;
  bytesSent = 0;
  isFinWanted = false;
  isFinSent = false;
  finalDone: Done | undefined;

  // What has come and was not taken.
  inbox: Buffer[] | undefined;
  inboxBytes = 0;
  /** Bytes of the inbox that came before metering began. */
  unmeteredBytes = 0;
  window: ReceiveWindow | undefined;
  isGrantDirty = false;
  bytesReceived = 0;
  /** The reader has room. */
  wantsInput = true;
  /** The peer has finished. */
  isFinReceived = false;
  /** The reader was told so. */
  isEndPushed = false;
  /** What comes is thrown away: `close` or `destroy` was called. */
  isDiscarding = false;
  /** Nobody has it any more; the record waits for the peer's end. */
  isOrphan = false;
  /** Nothing of it goes over the wire any more. */
  isGone = false;
  /** Writes lead nowhere: the peer is gone, or closed as a minimal peer does. */
  isPeerGone = false;
  /** When something happened that a deadline counts from, in milliseconds. */
  since = 0;

  constructor(id: number, isOurs: boolean) {
    this.id = id;
    this.isOurs = isOurs;
  }

  /** `end` was called, and nothing waits behind the write that is queued: Node asks for our end after its callback only. */
  get isLastWrite(): boolean {
    return this.handler.writableEnded && this.handler.writableLength === this.writingBytes;
  }

  /** One write to be sent. */
  queue(chunk: Uint8Array, done: Done): void {
    this.#chunk = chunk;
    this.#queued(chunk.length);
    this.done = done;
  }

  /** Several writes to be sent as one. */
  queueAll(writes: readonly { chunk: Uint8Array }[], done: Done): void {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (const { chunk } of writes) {
      chunks.push(chunk);
      bytes += chunk.length;
    }
    this.#chunks = chunks;
    this.#chunk = chunks[0];
    this.#queued(bytes);
    this.done = done;
  }

  /** Moves `bytes` of the queue into a batch. */
  take(bytes: number, batch: OutputBatch): void {
    let left = bytes;
    while (left > 0 && this.#chunk !== undefined) {
      const rest = this.#chunk.length - this.#offset;
      const taken = Math.min(left, rest);
      batch.add(taken === this.#chunk.length ? this.#chunk : this.#chunk.subarray(this.#offset, this.#offset + taken));
      left -= taken;
      this.#offset += taken;
      if (taken === rest) this.#next();
    }
    this.queuedBytes -= bytes;
    this.sent += bytes;
    this.bytesSent += bytes;
  }

  /** Forgets what was not sent, and gives the callback of the write. */
  drop(): Done | undefined {
    const { done } = this;
    this.#chunk = undefined;
    this.#chunks = undefined;
    this.#index = 0;
    this.#offset = 0;
    this.queuedBytes = 0;
    this.done = undefined;
    return done;
  }

  #queued(bytes: number): void {
    this.queuedBytes = bytes;
    this.writingBytes = bytes;
    this.bytesHanded += bytes;
  }

  #next(): void {
    this.#offset = 0;
    this.#chunk = this.#chunks?.[++this.#index];
    if (this.#chunk !== undefined) return;
    this.#chunks = undefined;
    this.#index = 0;
  }
}
