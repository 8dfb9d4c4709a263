// Many sockets over one: a connected `TCPSocket` goes in, streams come out. This file is what users hold; the story of a
// session is in `engine.ts`.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';
import { onAbort } from './abort-listeners.js';
import { checkDrainTimeout, checkWireCode, type HandleOptions, type OpenStreamOptions } from './calls.js';
import { WireCode } from './codec.js';
import { Deadlines } from './deadlines.js';
import { Engine, type EngineOwner } from './engine.js';
import { isVacant } from './endings.js';
import { MuxError } from './errors.js';
import type { MuxEvents, MuxStats } from './events.js';
import { native } from './native.js';
import { resolveTCPStreamMultiplexerOptions, type TCPStreamMultiplexerOptions } from './options.js';
import { PeerEvents } from './peer-events.js';
import { StreamHandler } from './stream-handler.js';
import { StreamQueue, type StreamTaker } from './stream-queue.js';
import { throwLater } from './throw-later.js';

const DEFAULT_DRAIN_TIMEOUT = 15_000;
/** Milliseconds in which a socket that was ended must be gone. */
const LINGER = 1000;

/**
 * Carries many streams over one socket. It owns the socket: its `'data'` listener, its pauses and its end.
 *
 * @example
 * const mux = new TCPStreamMultiplexer(socket);
 * mux.handle('echo', (stream) => stream.pipe(stream));
 * const stream = mux.openStream('chat', { room: 'lobby' });
 */
export class TCPStreamMultiplexer extends EventEmitter<MuxEvents> {
  readonly #socket: TCPSocket;
  readonly #engine: Engine;
  readonly #deadlines: Deadlines;
  readonly #queue: StreamQueue;
  #closing: Promise<void> | undefined;
  #finishClosing: (() => void) | undefined;
  #isClosed = false;

  /** @throws RangeError or TypeError for a wrong option, a socket that gives text, or one that has a multiplexer. */
  constructor(socket: TCPSocket, options: TCPStreamMultiplexerOptions = {}) {
    super({ captureRejections: true });
    const resolved = resolveTCPStreamMultiplexerOptions(options);
    checkSocket(socket);
    this.#socket = socket;
    const codec = options.codec ?? native();
    if (!codec.negotiation && resolved.role === undefined) throw new TypeError(`the codec ${codec.name} needs the option role`);
    this.#queue = new StreamQueue(resolved.maxPendingStreams, () => this.listenerCount('stream') > 0, (stream) => this.emit('stream', stream));
    this.#engine = new Engine(socket, codec, resolved, this.#makeOwner(), (engine) => new PeerEvents(engine));
    this.#deadlines = new Deadlines(this.#engine);
    this.#engine.outbound.onIdle = (): void => this.#closeWhereDrained();
    (this as EventEmitter).on('newListener', (event: string) => {
      if (event === 'stream') process.nextTick(() => this.#queue.offer());
    });
    socket.setNoDelay(true);
    // It may be paused, as the sockets of a server with `pauseOnConnect` are.
    socket.on('data', this.#onData).on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose).resume();
    if (socket.destroyed) process.nextTick(this.#onClose);
  }

  /** As documented: opens a stream and gives its id. @throws as `openStream` */
  createStream(type: string, metadata: unknown = {}): number {
    return this.openStream(type, metadata).id;
  }

  /** Ends a stream: what is queued leaves, what comes is thrown away. Nothing for an id that is not open. */
  closeStream(streamId: number): void {
    this.getStream(streamId)?.close();
  }

  /** Writes to a stream; `false`: wait for its `'drain'`. The bytes must stay unchanged until they have left. @throws MuxError `ERR_MUX_STREAM_CLOSED` */
  sendStreamData(streamId: number, data: Uint8Array | string): boolean {
    const stream = this.getStream(streamId);
    if (stream === undefined || !stream.writable) throw new MuxError('ERR_MUX_STREAM_CLOSED', `stream ${streamId} is not open`, { streamId });
    return stream.write(data);
  }

  /**
   * Opens a stream, usable at once: what is written before the peer knows of it follows the open.
   * @throws MuxError `ERR_MUX_SESSION_CLOSED`, `ERR_MUX_GOAWAY`, `ERR_MUX_TOO_MANY_STREAMS`, `ERR_MUX_IDS_EXHAUSTED`
   */
  openStream(type: string, metadata: unknown = {}, options: OpenStreamOptions = {}): StreamHandler {
    if (typeof type !== 'string') throw new TypeError(`type must be a string, got ${typeof type}`);
    const { signal, allowHalfOpen = false } = options;
    signal?.throwIfAborted();
    const stream = this.#engine.open(type, metadata, allowHalfOpen).handler as StreamHandler;
    if (signal !== undefined) {
      const abort = (): void => stream.cancel(signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason }));
      stream.once('close', onAbort(signal, abort));
    }
    return stream;
  }

  /** The stream with this id, where it is open. */
  getStream(streamId: number): StreamHandler | undefined {
    const record = this.#engine.streams.get(streamId);
    return record === undefined || record.isOrphan ? undefined : (record.handler as StreamHandler);
  }

  /** Every open stream, in the order of opening. */
  get streams(): StreamHandler[] {
    const streams: StreamHandler[] = [];
    for (const { handler, isOrphan } of this.#engine.streams.values()) if (!isOrphan) streams.push(handler as StreamHandler);
    return streams;
  }

  /** Gives streams of this type to `handler`; other types are refused then, where no `'stream'` listener and no iterator is. What it throws ends its stream. */
  handle(type: string, handler: StreamTaker, options: HandleOptions = {}): this {
    this.#queue.handle(type, handler, options);
    process.nextTick(() => this.#queue.offer());
    return this;
  }

  /** Streams of the peer that no handler and no listener takes; ends with the session, by its error where it has one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<StreamHandler, undefined, undefined> {
    for (;;) {
      const result = await this.#queue.next();
      if (result.done === true) return undefined;
      yield result.value;
    }
  }

  /** One round trip in milliseconds; calls while a ping is on the way share it. @throws MuxError `ERR_MUX_UNSUPPORTED`, `ERR_MUX_SESSION_CLOSED` */
  ping(): Promise<number> {
    const { negotiation, trips, isOver } = this.#engine;
    if (isOver) return Promise.reject(new MuxError('ERR_MUX_SESSION_CLOSED', 'the multiplexer is closed'));
    const mayCome = negotiation.startedAt >= 0 && !negotiation.isKnown;
    if (!negotiation.can('ping') && !mayCome) return Promise.reject(this.#unsupported('ping'));
    const answer = trips.wait();
    if (!mayCome) this.#engine.ping();
    return answer;
  }

  /** The last round trip in milliseconds; `undefined` before the first. */
  get rtt(): number | undefined {
    const { last, smallest } = this.#engine.trips;
    return last || smallest || undefined;
  }

  /** Takes no new streams; those that are open finish. @throws RangeError, TypeError @throws MuxError `ERR_MUX_UNSUPPORTED` where the peer cannot be told */
  goaway(code: number = WireCode.none, reason = ''): void {
    if (this.#engine.isOver) return;
    checkWireCode(code, reason);
    if (!this.#engine.negotiation.can('goaway')) throw this.#unsupported('go-away');
    this.#goaway(code, reason);
  }

  /** Takes no new streams, lets the open ones finish for `timeout` milliseconds, then closes the socket. Settles when that is closed; always. @throws RangeError */
  close({ timeout = DEFAULT_DRAIN_TIMEOUT }: { timeout?: number | undefined } = {}): Promise<void> {
    checkDrainTimeout(timeout);
    if (this.#isClosed) return Promise.resolve();
    if (this.#closing === undefined) {
      this.#closing = new Promise((resolve) => {
        this.#finishClosing = resolve;
      });
      if (!this.#engine.isOver) this.#goaway(WireCode.none, '');
      if (timeout !== Infinity) setTimeout(() => this.#engine.end(undefined, undefined, `close() waited ${timeout} ms for it`), timeout).unref();
      // Where nothing is open and the peer cannot be told, or was before, nothing else comes to end it.
      this.#closeWhereDrained();
    }
    return this.#closing;
  }

  /** Drops the connection and every stream now. */
  destroy(error?: Error): this {
    const cause = error === undefined ? undefined : new MuxError('ERR_MUX_SESSION_CLOSED', error.message, { cause: error });
    this.#engine.end(cause);
    return this;
  }

  /** Counters, for a look now and then. */
  stats(): MuxStats {
    const { ourStreams, peerStreams, outbound, inbound, resets, refused, bytesIn, negotiation } = this.#engine;
    return {
      streams: { ours: ourStreams, peers: peerStreams, waiting: outbound.waitingOpens, active: outbound.activeStreams },
      bytesRead: bytesIn,
      bytesWritten: this.#socket.bytesWritten,
      bufferedBytes: inbound.bufferedBytes,
      answerBytes: outbound.answers.answerBytes,
      resets,
      refused,
      stalls: outbound.stalls,
      peer: negotiation.isExtended ? 'extended' : negotiation.isMinimal ? 'minimal' : 'unknown',
    };
  }

  #makeOwner(): EngineOwner {
    return {
      makeHandler: (record, type, metadata, allowHalfOpen = this.#queue.allowsHalfOpen(type) ?? this.#engine.options.allowHalfOpen) =>
        void new StreamHandler(record, type, metadata, this.#engine, { allowHalfOpen }),
      refusalOf: (type) => (this.#closing === undefined ? this.#queue.refusalOf(type) : 'closing'),
      accepted: ({ handler }) => this.#queue.add(handler as StreamHandler),
      heardHello: () => {
        const { peer } = this.#engine.negotiation;
        if (this.#engine.trips.hasWaiters) this.#engine.ping();
        if (peer !== undefined) this.#tell(() => this.emit('hello', peer));
      },
      heardGoaway: (lastStreamId, code, reason) => this.#tell(() => this.emit('goaway', { lastStreamId, code, reason })),
      over: (error) => this.#over(error),
      streamGone: () => this.#closeWhereDrained(),
      armDeadlines: () => this.#deadlines.arm(),
    };
  }

  #unsupported(what: string): MuxError {
    const isKnown = this.#engine.negotiation.isKnown;
    return new MuxError('ERR_MUX_UNSUPPORTED', isKnown ? `the peer does not speak ${what}` : `it is not known yet whether the peer speaks ${what}: a first stream tells`);
  }

  #goaway(code: number, reason: string): void {
    const engine = this.#engine;
    if (engine.goneAwayAt !== undefined) return;
    engine.goneAwayAt = engine.ids.highestOfPeer;
    if (engine.negotiation.can('goaway')) engine.outbound.answer(engine.session.goaway(engine.goneAwayAt, code, reason.slice(0, 1024)));
  }

  #closeWhereDrained(): void {
    const { isOver, streams, outbound } = this.#engine;
    if (this.#closing === undefined || isOver || streams.size > 0 || !outbound.isIdle) return;
    this.#endSocket();
  }

  /** `end` flushes; the peer's end or the deadline does the rest. What the peer still asks is not answered. */
  #endSocket(): void {
    this.#engine.outbound.stop();
    if (this.#socket.writable) this.#socket.end();
  }

  #over(error: MuxError | undefined): void {
    this.#deadlines.stop();
    this.#queue.end(error);
    // A peer that takes neither the go-away nor our end must not keep the socket.
    setTimeout(() => this.#socket.destroy(), LINGER).unref();
    if (error !== undefined && this.listenerCount('error') > 0) process.nextTick(() => this.#tell(() => this.emit('error', error)));
  }

  /** What a listener throws is the application's own: the session goes on. */
  #tell(tell: () => unknown): void {
    try {
      tell();
    } catch (error) {
      throwLater(error);
    }
  }

  readonly #onData = (chunk: Buffer): void => this.#engine.receive(chunk);

  readonly #onError = (error: Error): void => {
    // What the system says is the network's; any other error is one that the socket was destroyed with.
    const remote = (error as NodeJS.ErrnoException).syscall !== undefined || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    this.#engine.end(new MuxError('ERR_MUX_SESSION_CLOSED', `the connection failed: ${error.message}`, { cause: error, remote }));
  };

  readonly #onEnd = (): void => {
    if (isVacant(this.#engine)) this.#endSocket();
    else {
      const { peerFault } = this.#engine;
      const why = peerFault === undefined ? 'the peer ended the connection under open streams' : `the peer ended the session with ${peerFault}`;
      this.#engine.end(new MuxError('ERR_MUX_SESSION_CLOSED', why, { remote: true }));
    }
  };

  readonly #onClose = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const isClean = isVacant(this.#engine);
    this.#engine.end(isClean ? undefined : new MuxError('ERR_MUX_SESSION_CLOSED', 'the connection was closed under open streams'));
    this.#socket.off('data', this.#onData).off('end', this.#onEnd);
    this.#finishClosing?.();
    // Behind the `'close'` of its streams.
    setImmediate(() => this.emit('close'));
  };
}

/** What an async `'stream'` listener rejects with ends its stream; any other is the application's own. */
Object.defineProperty(TCPStreamMultiplexer.prototype, EventEmitter.captureRejectionSymbol, {
  value(error: unknown, event: string | symbol, stream: unknown): void {
    if (event !== 'stream') throw error;
    (stream as StreamHandler).fail(error);
  },
});

const taken = new WeakSet<TCPSocket>();

function checkSocket(socket: TCPSocket): void {
  if (typeof (socket as Partial<TCPSocket> | undefined)?.write !== 'function') throw new TypeError('socket must be a TCPSocket');
  if (typeof socket.readableEncoding === 'string') throw new TypeError('the socket has an encoding: streams are bytes');
  if (taken.has(socket)) throw new TypeError('the socket has a multiplexer already');
  taken.add(socket);
}
