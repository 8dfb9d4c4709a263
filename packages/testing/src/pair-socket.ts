// One end of an in-memory pair: a Duplex that behaves as a connected `net.Socket` does, kernel included. Bytes leave
// through the peer's inbound pipe and arrive on a later turn of the event loop; the peer's end, close and reset arrive
// the same way, behind or instead of the bytes. It never shares memory with its peer and opens no handle.
import { constants } from 'node:os';
import { Duplex } from 'node:stream';
import { BytePipe } from './byte-pipe.js';
import { IdleTimer } from './idle-timer.js';
import type { PairAddress, ResolvedPairOptions } from './options.js';

type WriteCallback = (error?: Error | null) => void;
interface Outgoing {
  /** What has not gone into the pipe yet. */
  rest: Uint8Array;
  /** All of it, as `writableLength` counts it until the callback. */
  byteLength: number;
  callback: WriteCallback;
}

/** Kept from before any fake clock: a fake clock must stop timeouts, not delivery. */
const onNextTurn = setImmediate;

const MAX_TIMEOUT = 2 ** 31 - 1;

/** One end of `socketPair`. Made there only. */
export class PairSocket extends Duplex {
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;

  /** Set by `join`, before anybody else has this end. */
  #peer!: PairSocket;
  /** What the peer has sent and we have not read: the part that a kernel holds. */
  readonly #inbound: BytePipe;
  readonly #idle: IdleTimer = new IdleTimer(() => this.emit('timeout'));
  /** Our read buffer is below its mark. */
  #wantsInput = true;
  #deliveryPending = false;
  #sawEnd = false;
  #wasReset = false;
  #resetsPeer = false;
  /** A write reached a peer that is gone; the next one fails. */
  #pipeBroken = false;
  /** The write that waits for room. */
  #outgoing: Outgoing | undefined;
  #bytesRead = 0;
  #bytesDispatched = 0;

  constructor(options: ResolvedPairOptions, local: PairAddress | undefined, remote: PairAddress | undefined) {
    super({
      allowHalfOpen: options.allowHalfOpen,
      readableHighWaterMark: options.highWaterMarkBytes,
      writableHighWaterMark: options.highWaterMarkBytes,
      emitClose: false,
    });
    this.localAddress = local?.address;
    this.localPort = local?.port;
    this.remoteAddress = remote?.address;
    this.remotePort = remote?.port;
    this.#inbound = new BytePipe(options.highWaterMarkBytes, options.seed);
  }

  /** Joins two ends. */
  static join(first: PairSocket, second: PairSocket): void {
    first.#peer = second;
    second.#peer = first;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    // What is queued at destroy never leaves.
    if (this.destroyed) return this.#bytesDispatched;
    return this.#bytesDispatched + this.writableLength - (this.#outgoing?.byteLength ?? 0);
  }

  override write(chunk: unknown, callback?: WriteCallback): boolean;
  override write(chunk: unknown, encoding: BufferEncoding, callback?: WriteCallback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding | WriteCallback, callback?: WriteCallback): boolean {
    if (this.readableEnded && this.writableEnded && !this.allowHalfOpen) {
      const error = systemError('EPIPE', 'This socket has been ended by the other party');
      const onWritten = typeof encoding === 'function' ? encoding : callback;
      if (onWritten !== undefined) process.nextTick(onWritten, error);
      this.destroy(error);
      return false;
    }
    return typeof encoding === 'string' ? super.write(chunk, encoding, callback) : super.write(chunk, encoding);
  }

  /** Drops the connection so that the peer sees a reset: what it has not read is lost, and it fails with `ECONNRESET`. */
  resetAndDestroy(): this {
    this.#resetsPeer = true;
    return this.destroy();
  }

  /** @throws RangeError */
  setTimeout(timeout: number, callback?: () => void): this {
    if (!Number.isInteger(timeout) || timeout < 0 || timeout > MAX_TIMEOUT) {
      throw new RangeError(`timeout must be an integer from 0 to ${MAX_TIMEOUT}, got ${timeout}`);
    }
    if (this.destroyed) return this;
    this.#idle.start(timeout);
    if (callback !== undefined) {
      if (timeout === 0) this.off('timeout', callback);
      else this.once('timeout', callback);
    }
    return this;
  }

  /** No kernel below: does nothing. */
  setKeepAlive(_enable?: boolean, _initialDelay?: number): this {
    return this;
  }

  /** No kernel below: does nothing. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** A pair never keeps the process alive: does nothing. */
  ref(): this {
    return this;
  }

  /** A pair never keeps the process alive: does nothing. */
  unref(): this {
    return this;
  }

  override _read(): void {
    if (this.#wantsInput) return;
    this.#wantsInput = true;
    this.#scheduleDelivery();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.#send(chunk, callback);
  }

  override _writev(writes: { chunk: Uint8Array }[], callback: WriteCallback): void {
    this.#send(Buffer.concat(writes.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: WriteCallback): void {
    this.#endPeer();
    onNextTurn(callback);
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    this.#idle.stop();
    if (this.#resetsPeer || this.#inbound.byteLength > 0) this.#peer.#receiveReset();
    else this.#endPeer();
    this.#inbound.clear();
    const outgoing = this.#outgoing;
    this.#outgoing = undefined;
    onNextTurn(() => {
      outgoing?.callback(error ?? cutOffError());
      this.emit('close', error !== null);
    });
    callback(error);
  }

  #send(bytes: Uint8Array, callback: WriteCallback): void {
    if (this.#wasReset) {
      callback(systemError('ECONNRESET', 'write ECONNRESET', 'write'));
    } else if (this.#peer.destroyed) {
      this.#sendToNobody(bytes, callback);
    } else {
      this.#bytesDispatched += bytes.byteLength;
      this.#outgoing = { rest: bytes, byteLength: bytes.byteLength, callback };
      this.#fillPipe();
    }
  }

  /** As a kernel does: it takes the first write, and learns from the answer that nobody is there. */
  #sendToNobody(bytes: Uint8Array, callback: WriteCallback): void {
    if (this.#pipeBroken) {
      callback(systemError('EPIPE', 'write EPIPE', 'write'));
      return;
    }
    this.#pipeBroken = true;
    this.#bytesDispatched += bytes.byteLength;
    callback();
  }

  /** Moves what waits into the pipe as far as there is room. */
  #fillPipe(): void {
    const outgoing = this.#outgoing;
    const peer = this.#peer;
    if (outgoing === undefined) return;
    this.#idle.refresh();
    let { rest } = outgoing;
    while (rest.byteLength > 0 && peer.#inbound.hasRoom) rest = rest.subarray(peer.#inbound.push(rest));
    outgoing.rest = rest;
    peer.#scheduleDelivery();
    if (rest.byteLength > 0) return;
    this.#outgoing = undefined;
    outgoing.callback();
  }

  #endPeer(): void {
    const peer = this.#peer;
    if (peer.destroyed) return;
    peer.#inbound.ended = true;
    peer.#scheduleDelivery();
  }

  #receiveReset(): void {
    this.#inbound.clear();
    this.#wasReset = true;
    this.#scheduleDelivery();
  }

  #scheduleDelivery(): void {
    if (this.#deliveryPending || !this.#wantsInput || this.destroyed) return;
    this.#deliveryPending = true;
    onNextTurn(() => this.#deliver());
  }

  #deliver(): void {
    this.#deliveryPending = false;
    try {
      while (this.#wantsInput && !this.destroyed && !this.#sawEnd && this.#deliverNext());
    } finally {
      // A listener that throws must not hold up what is behind.
      const hasMore = this.#inbound.byteLength > 0 || (this.#inbound.ended && !this.#sawEnd);
      if (hasMore) this.#scheduleDelivery();
    }
  }

  /** Delivers one thing; false where there is none left. */
  #deliverNext(): boolean {
    if (this.#wasReset) {
      this.destroy(systemError('ECONNRESET', 'read ECONNRESET', 'read'));
      return false;
    }
    const chunk = this.#inbound.take();
    if (chunk === undefined) {
      if (this.#inbound.ended) this.#receiveEnd();
      return false;
    }
    this.#bytesRead += chunk.length;
    this.#idle.refresh();
    // A listener may ask for more before `push` returns, or throw.
    this.#wantsInput = false;
    let hasRoom = true;
    try {
      hasRoom = this.push(chunk);
    } finally {
      if (hasRoom) this.#wantsInput = true;
    }
    this.#peer.#fillPipe();
    return true;
  }

  #receiveEnd(): void {
    this.#sawEnd = true;
    this.push(null);
    // Where nothing is unread, `'end'` comes without anybody reading, as in `net`.
    this.read(0);
  }
}

/** `net` calls back without an error here: a write that was lost would look like one that was not. */
function cutOffError(): Error {
  return Object.assign(new Error('The write was cut off by destroy'), { code: 'ERR_STREAM_DESTROYED' });
}

function systemError(code: 'EPIPE' | 'ECONNRESET', message: string, syscall?: string): Error {
  return Object.assign(new Error(message), { code, errno: -constants.errno[code], syscall });
}
