// One stream as its user sees it: a Duplex with the whole surface of `TCPSocket`. It holds no protocol: what it is asked
// goes to its owner, the engine, and what comes is pushed by that.
import { EventEmitter } from 'node:events';
import { Duplex, type DuplexOptions } from 'node:stream';
import { checkWireCode } from './calls.js';
import { WireCode } from './codec.js';
import { MuxError } from './errors.js';
import type { Done, StreamRecord } from './stream-record.js';

/** The mark of every socket of this toolkit. */
const MARK_BYTES = 64 * 1024;
const MAX_TIMEOUT = 2 ** 31 - 1;

// oxlint-disable-next-line typescript/unbound-method -- called with the stream as `this`
const plainEmit: (this: EventEmitter, event: string | symbol) => boolean = Duplex.prototype.emit;

/** Where the carrier begins and ends. */
export interface CarrierAddresses {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** What a stream asks of the engine. */
export interface StreamOwner {
  readonly carrier: { readonly addresses: CarrierAddresses };
  /** The reader has room. */
  wantInput(stream: StreamRecord): void;
  /** A write was queued; `isLast`: the stream is being destroyed, and what may leave goes before its end. */
  send(stream: StreamRecord, isLast?: boolean): void;
  /** All is written; `done` when our end has left. */
  finish(stream: StreamRecord, done: Done): void;
  /** Nobody reads any more: discard what comes, and reset where the peer does not close in time. */
  discard(stream: StreamRecord): void;
  /** The handler is destroyed; gives the callback of the write that was pending. */
  destroyed(stream: StreamRecord, resetCode: number | undefined, reason: string): void;
}

/** What `openStream` takes for its stream. */
export interface StreamHandlerOptions {
  readonly allowHalfOpen: boolean;
}

/**
 * A stream of a `TCPStreamMultiplexer`: a `Duplex` that does all a `TCPSocket` does. Made by the multiplexer only.
 *
 * `end` finishes our direction; `destroy` ends both: abruptly with an error or with input unread, else the peer sees an end,
 * though output that could not leave is lost. Errors have Node's codes (`ECONNRESET`, `EPIPE`, `ETIMEDOUT`) and the exact reason in `muxCode`. A stream never ends
 * the process: neither without an `'error'` listener, nor where a listener throws or rejects.
 */
export class StreamHandler extends Duplex {
  readonly id: number;
  readonly type: string;
  /** What the opener sent along: any JSON value. It comes from the peer: trust nothing in it. */
  readonly metadata: unknown;
  readonly #owner: StreamOwner;
  readonly #record: StreamRecord;
  #resetCode: number | undefined;
  #resetReason = '';
  /** Within `_read`. */
  #isAsking = false;
  #idle: NodeJS.Timeout | undefined;
  /** What was told of the last silence, so that it is told once. */
  #idlePeriod = 0;

  /** @internal */
  constructor(record: StreamRecord, type: string, metadata: unknown, owner: StreamOwner, options: StreamHandlerOptions) {
    const settings: DuplexOptions & { captureRejections: boolean } = { allowHalfOpen: options.allowHalfOpen, highWaterMark: MARK_BYTES, emitClose: false, captureRejections: true };
    super(settings);
    this.id = record.id;
    this.type = type;
    this.metadata = metadata;
    this.#owner = owner;
    this.#record = record;
    record.handler = this;
  }

  /** The carrier's. */
  get remoteAddress(): string | undefined {
    return this.#owner.carrier.addresses.remoteAddress;
  }

  /** The carrier's. */
  get remotePort(): number | undefined {
    return this.#owner.carrier.addresses.remotePort;
  }

  /** The carrier's. */
  get localAddress(): string | undefined {
    return this.#owner.carrier.addresses.localAddress;
  }

  /** The carrier's. */
  get localPort(): number | undefined {
    return this.#owner.carrier.addresses.localPort;
  }

  /** Bytes that have come and were handed to the reader's buffer. */
  get bytesRead(): number {
    return this.#record.bytesReceived;
  }

  /** Bytes accepted by `write`, those that wait included; after `destroy` those that left. */
  get bytesWritten(): number {
    const { bytesSent, bytesHanded, writingBytes } = this.#record;
    // Node's length holds a write until its callback, also the part of it that has left.
    return this.destroyed ? bytesSent : bytesHanded + this.writableLength - writingBytes;
  }

  /** Ends both directions abruptly; the peer sees `code`: 8 is cancel, from 256 on it is yours. */
  reset(code: number = WireCode.cancel, reason = ''): this {
    checkWireCode(code, reason);
    this.#resetCode ??= code;
    if (this.#resetReason === '') this.#resetReason = reason.slice(0, 1024);
    return this.destroy();
  }

  /** @internal Resets with an error of our own side. */
  cancel(error: Error): void {
    this.#resetCode ??= WireCode.cancel;
    this.destroy(error);
  }

  /** @internal What the application does with it threw or rejected: its error, or a warning where nobody hears that. */
  fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause), { cause });
    const isHeard = !this.destroyed && this.listenerCount('error') > 0;
    this.#resetCode ??= WireCode.internal;
    this.destroy(error);
    if (!isHeard) warn(this, error);
  }

  /** Hands its `arguments` on as they are: a rest array for each event would be garbage at once. */
  override emit(_event: string | symbol, _value?: unknown): boolean {
    try {
      return plainEmit.apply(this, arguments as unknown as [event: string]);
    } catch (error) {
      this.fail(error);
      return true;
    }
  }

  /** `reset()` under the name that `net.Socket` has for it. */
  resetAndDestroy(): this {
    return this.reset();
  }

  /** Sends what is queued and our end; what still comes is thrown away. A peer that does not close in time is reset. */
  close(): this {
    if (!this.writableEnded && !this.destroyed) this.end();
    if (!this.destroyed) this.#owner.discard(this.#record);
    return this.resume();
  }

  /** Destroys once everything queued has left. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** @throws RangeError */
  setTimeout(timeout: number, callback?: () => void): this {
    if (!Number.isInteger(timeout) || timeout < 0 || timeout > MAX_TIMEOUT) {
      throw new RangeError(`timeout must be an integer from 0 to ${MAX_TIMEOUT}, got ${timeout}`);
    }
    if (this.destroyed) return this;
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#idlePeriod = timeout;
    if (timeout > 0) this.#restartIdle();
    if (callback !== undefined) {
      if (timeout === 0) this.off('timeout', callback);
      else this.once('timeout', callback);
    }
    return this;
  }

  /** The carrier has it already: does nothing. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** The multiplexer has a keepalive of its own: does nothing. */
  setKeepAlive(_enable?: boolean, _initialDelay?: number): this {
    return this;
  }

  /** The carrier decides: does nothing. */
  ref(): this {
    return this;
  }

  /** The carrier decides: does nothing. */
  unref(): this {
    return this;
  }

  /** Who listens and has nothing waiting gets the chunk as it is: what Node would emit, without the look for more that it puts off for each. */
  override push(chunk: Buffer | null): boolean {
    if (this.#idlePeriod > 0) this.#restartIdle();
    // Where nobody heard it, it waits in Node's buffer for who comes next.
    return (chunk !== null && this.#isFlowing && this.emit('data', chunk)) || super.push(chunk);
  }

  override _read(): void {
    this.#isAsking = true;
    this.#owner.wantInput(this.#record);
    this.#isAsking = false;
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    if (this.#record.isPeerGone) return done(this.#brokenPipe());
    this.#record.queue(chunk, done);
    this.#send(chunk.length);
  }

  override _writev(writes: { chunk: Uint8Array }[], done: Done): void {
    if (this.#record.isPeerGone) return done(this.#brokenPipe());
    this.#record.queueAll(writes, done);
    this.#send(this.#record.queuedBytes);
  }

  override _final(done: Done): void {
    this.#owner.finish(this.#record, done);
  }

  override _destroy(error: Error | null, callback: Done): void {
    clearTimeout(this.#idle);
    this.#idlePeriod = 0;
    // A `net.Socket` has handed to the system by now what was written before.
    if (this.#resetCode === undefined && this.#record.queuedBytes > 0) this.#owner.send(this.#record, true);
    const pending = this.#record.drop();
    // Leaving a `for await` destroys with Node's AbortError: to the peer that is an end, as of a `net.Socket`.
    const isAbrupt = this.#hasUnread || (error !== null && (error as NodeJS.ErrnoException).code !== 'ABORT_ERR');
    const code = this.#resetCode ?? (isAbrupt ? WireCode.cancel : undefined);
    this.#owner.destroyed(this.#record, code, this.#resetReason);
    // Without the error: Node would emit it where nobody listens, and that ends the process.
    callback(null);
    process.nextTick(endOf, this, error, pending);
  }

  /** Node has emitted one chunk, and would emit the next one as it is. What is pushed while it asks, it returns from `read`. */
  get #isFlowing(): boolean {
    return this.readableFlowing === true && !this.#isAsking && this.readableLength === 0 && this.readableDidRead && this.readableEncoding === null;
  }

  get #hasUnread(): boolean {
    return this.readableLength > 0 || this.#record.inboxBytes > 0;
  }

  #send(bytes: number): void {
    if (this.#idlePeriod > 0) this.#restartIdle();
    if (bytes > 0) return this.#owner.send(this.#record);
    const done = this.#record.drop();
    if (done !== undefined) process.nextTick(done);
  }

  #restartIdle(): void {
    if (this.#idle !== undefined) {
      this.#idle.refresh();
      return;
    }
    this.#idle = setTimeout(() => {
      this.#idle = undefined;
      this.emit('timeout');
    }, this.#idlePeriod);
    this.#idle.unref();
  }

  #brokenPipe(): MuxError {
    return new MuxError('ERR_MUX_STREAM_CLOSED', `the peer has closed stream ${this.id}`, { nodeCode: 'EPIPE', streamId: this.id, remote: true });
  }
}

/** Where Node tells that an async listener rejected. */
Object.defineProperty(StreamHandler.prototype, EventEmitter.captureRejectionSymbol, {
  value(this: StreamHandler, error: unknown): void {
    this.fail(error);
  },
});

function warn({ id, type }: StreamHandler, error: Error): void {
  const detail = error.stack;
  const text = `what takes stream ${id} (${JSON.stringify(type)}) failed: ${error.message}`;
  process.emitWarning(text, { type: 'VerbTCPWarning', code: 'ERR_MUX_HANDLER_FAILED', ...(detail === undefined ? {} : { detail }) });
}

function endOf(stream: StreamHandler, error: Error | null, pending: Done | undefined): void {
  pending?.(error ?? Object.assign(new Error('The write was cut off by destroy'), { code: 'ERR_STREAM_DESTROYED' }));
  if (error !== null && stream.listenerCount('error') > 0) stream.emit('error', error);
  stream.emit('close', error !== null);
}
