// Every deadline of a session behind one unref'ed timer, so that a stream has none of its own. Each is noticed up to a
// quarter late and never early. Where the timer is late this process stood still: what came meanwhile is read before anybody is judged.
import { WireCode } from './codec.js';
import type { Engine } from './engine.js';
import { MuxError } from './errors.js';
import type { StreamRecord } from './stream-record.js';

const LONGEST_PERIOD = 1000;
/** A timer later than this stood behind work, or in a process that was stopped. */
const LATE_AFTER = 10;

export class Deadlines {
  readonly #engine: Engine;
  readonly #period: number;
  readonly #keepAliveInterval: number;
  #timer: NodeJS.Timeout | undefined;
  #isQuick = false;
  /** When the ping of the keepalive left; 0 where none has. */
  #probedAt = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    const { openTimeout, closeTimeout, writeStallTimeout, stallTimeout, keepAliveInterval } = engine.options;
    this.#period = Math.max(1, Math.min(LONGEST_PERIOD, openTimeout / 4, closeTimeout / 4, writeStallTimeout / 4, stallTimeout / 4));
    // Jitter, so that many connections that began together do not all ping together.
    this.#keepAliveInterval = keepAliveInterval * (0.9 + Math.random() * 0.2);
    this.#askKernel();
    this.#start(false);
  }

  /** Something has begun that needs watching closely. */
  arm(): void {
    if (!this.#isQuick) this.#start(true);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A minimal peer answers no ping of ours; the kernel of its machine answers that of TCP. */
  #askKernel(): void {
    const { socket, negotiation, isOver, options } = this.#engine;
    if (negotiation.isMinimal && !isOver && options.keepAliveInterval !== Infinity) socket.setKeepAlive(true, options.keepAliveInterval);
  }

  #start(isQuick: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isQuick = isQuick;
    if (this.#engine.isOver) return;
    const { keepAliveTimeout } = this.#engine.options;
    const slow = Math.min(this.#keepAliveInterval, this.#probedAt === 0 ? Infinity : keepAliveTimeout / 4);
    const delay = isQuick ? Math.min(this.#period, slow) : slow;
    if (delay === Infinity) return;
    const dueAt = performance.now() + delay;
    this.#timer = setTimeout(() => {
      if (performance.now() - dueAt > LATE_AFTER) setImmediate(() => this.#sweep());
      else this.#sweep();
    }, delay);
    this.#timer.unref();
  }

  #sweep(): void {
    const engine = this.#engine;
    if (engine.isOver) return;
    const now = performance.now();
    if (engine.negotiation.isOverdue(now)) {
      engine.hearNothing();
      this.#askKernel();
    }
    for (const stream of engine.watched) this.#judge(stream, now);
    this.#judgeWrites(now);
    this.#judgePause(now);
    this.#judgeSilence(now);
    const { negotiation, outbound, inbound, watched } = engine;
    const isQuick = watched.size > 0 || outbound.leavingSince > 0 || inbound.pausedAt > 0 || (negotiation.startedAt >= 0 && !negotiation.isKnown);
    this.#start(isQuick);
  }

  #judge(stream: StreamRecord, now: number): void {
    const engine = this.#engine;
    const { openTimeout, closeTimeout } = engine.options;
    const age = now - stream.since;
    const isClosing = stream.isDiscarding || stream.isOrphan;
    if (isClosing && stream.isFinSent) {
      if (age < closeTimeout) return;
      engine.resetStream(stream, WireCode.cancel, 'no close came');
      stream.handler.destroy();
    } else if (stream.isFinSent && engine.negotiation.isMinimal && !stream.isFinReceived) {
      if (age < closeTimeout || stream.inboxBytes > 0 || stream.handler.readableLength > 0) return;
      engine.remove(stream);
      const facts = { nodeCode: 'ETIMEDOUT', streamId: stream.id, remote: true } as const;
      stream.handler.destroy(new MuxError('ERR_MUX_STREAM_CLOSED', `the peer did not close stream ${stream.id} and is silent`, facts));
    } else if (stream.isOurs && !stream.isAcked && engine.negotiation.isAcking) {
      if (age < openTimeout) return;
      const facts = { nodeCode: 'ETIMEDOUT', streamId: stream.id } as const;
      stream.handler.destroy(new MuxError('ERR_MUX_OPEN_TIMEOUT', `the peer did not take stream ${stream.id} in time`, facts));
    } else if (!isClosing && !(stream.isFinSent && !stream.isFinReceived)) engine.watched.delete(stream);
  }

  #judgeWrites(now: number): void {
    const { leavingSince } = this.#engine.outbound;
    if (leavingSince > 0 && now - leavingSince >= this.#engine.options.writeStallTimeout) {
      this.#engine.end(new MuxError('ERR_MUX_WRITE_STALL', 'the carrier takes no bytes'), undefined);
    }
  }

  #judgePause(now: number): void {
    const engine = this.#engine;
    const { pausedAt, fullStream } = engine.inbound;
    if (pausedAt === 0 || fullStream === undefined || now - pausedAt < engine.options.stallTimeout) return;
    // The total may be due to many streams: the fullest goes.
    let fullest = fullStream;
    for (const stream of engine.streams.values()) if (stream.inboxBytes > fullest.inboxBytes) fullest = stream;
    const facts = { nodeCode: 'ETIMEDOUT', streamId: fullest.id } as const;
    fullest.handler.destroy(new MuxError('ERR_MUX_STREAM_CLOSED', `nobody reads stream ${fullest.id}, and the connection waited for it`, facts));
  }

  #judgeSilence(now: number): void {
    const engine = this.#engine;
    const { keepAliveTimeout } = engine.options;
    if (engine.isOver) return;
    if (engine.inbound.pausedAt > 0 || engine.lastInboundAt > this.#probedAt) this.#probedAt = 0;
    if (engine.inbound.pausedAt > 0 || !engine.negotiation.can('ping')) return;
    if (this.#probedAt > 0 && now - this.#probedAt >= keepAliveTimeout) {
      engine.end(new MuxError('ERR_MUX_KEEPALIVE_TIMEOUT', 'the peer is silent'), undefined);
    } else if (this.#probedAt === 0 && now - engine.lastInboundAt >= this.#keepAliveInterval) {
      this.#probedAt = now;
      engine.ping();
    }
  }
}
