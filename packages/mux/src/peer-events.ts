// What the peer says, one method an event of the codec, each checked against the rules and limits before it acts.
import { looksLike } from '@verb-tcp/socket/message';
import { WireCode, type CodecEvents, type Hello } from './codec.js';
import { endWriting } from './endings.js';
import type { Engine } from './engine.js';
import { MuxError, type MuxErrorCode } from './errors.js';
import { PeerLimits } from './peer-limits.js';
import { StreamRecord } from './stream-record.js';

/** The first read brings no more. */
const FIRST_BYTES = 64 * 1024;
/** A grant that raises less than this part of the window counts as tiny. */
const TINY_PART = 8;

const WIRE_CODES: Partial<Record<MuxErrorCode, number>> = {
  ERR_MUX_FLOW_CONTROL: WireCode.flowControl,
  ERR_MUX_FRAME_SIZE: WireCode.frameSize,
  ERR_MUX_CALM: WireCode.calm,
};

export class PeerEvents implements CodecEvents {
  readonly #engine: Engine;
  readonly #limits: PeerLimits;
  /** Whose payload comes; `undefined` where it is dropped. */
  #current: StreamRecord | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#limits = new PeerLimits(engine.options.maxStreams);
  }

  dataHeader(id: number, length: number): void {
    const engine = this.#engine;
    const stream = engine.streams.get(id);
    this.#current = undefined;
    if (length === 0 && !this.#limits.emptyFrame(engine.lastInboundAt)) return this.#calm('empty frames');
    if (stream === undefined) return this.#isForeign(id, length) ? undefined : this.#unknownId(id);
    if (stream.isFinReceived) return;
    if (stream.isOrphan) {
      // As a kernel answers bytes for a socket that was closed.
      if (length > 0) engine.resetStream(stream, WireCode.cancel, '');
      return;
    }
    const { window } = stream;
    if (window !== undefined) {
      if (!window.hasRoom(length)) return this.fail('ERR_MUX_FLOW_CONTROL', `${length} bytes on stream ${id} are more than was granted`);
      window.receive(length, engine.lastInboundAt);
    }
    // What comes after `close` postpones nothing: who goes on for ever is reset.
    if (stream.isFinSent && !stream.isDiscarding) stream.since = engine.lastInboundAt;
    this.#current = stream;
  }

  dataSlice(_id: number, slice: Buffer): void {
    const stream = this.#current;
    if (stream !== undefined && !stream.isGone) this.#engine.inbound.take(stream, slice);
  }

  open(id: number, type: string, metadata: unknown): void {
    const engine = this.#engine;
    engine.ids.role ??= 'server';
    const isStrict = engine.negotiation.isExtended;
    const kind = engine.ids.open(id, isStrict);
    if (kind === 'ours') return this.fail('ERR_MUX_PROTOCOL', `the peer opened stream ${id}, an id of our side: set the option \`role\`, 'client' at one end and 'server' at the other`);
    if (engine.codec.negotiation) engine.expectHello();
    if (kind === 'used' || (isStrict && engine.ids.isOurs(id))) return this.fail('ERR_MUX_PROTOCOL', `the peer opened stream ${id}, an id that was used before, or passed over`);
    if (isStrict && engine.ids.role !== undefined && !isOfPeer(engine, id)) return this.fail('ERR_MUX_PROTOCOL', `stream ${id} has an id of no side`);
    const refusal = this.#refusalOf(type);
    if (refusal !== undefined) return this.#refuse(id, refusal);
    const record = new StreamRecord(id, false);
    engine.peerStreams++;
    engine.owner.makeHandler(record, type, metadata);
    engine.streams.set(id, record);
    engine.inbound.begin(record);
    engine.outbound.begin(record);
    if (engine.negotiation.can('ack')) this.#ack(record);
    engine.owner.accepted(record);
  }

  ack(id: number): void {
    const engine = this.#engine;
    const stream = engine.streams.get(id);
    if (stream === undefined || !stream.isOurs) return this.#unknownId(id);
    if (stream.isAcked || stream.create !== undefined) return;
    stream.isAcked = true;
    engine.unacked--;
    if (!stream.isDiscarding && !stream.isOrphan && !stream.isFinSent) engine.watched.delete(stream);
    if (engine.outbound.waitingOpens > 0) engine.outbound.schedule();
  }

  fin(id: number): void {
    const engine = this.#engine;
    const stream = engine.streams.get(id);
    if (stream === undefined) return this.#unknownId(id);
    if (stream.isFinReceived) return;
    stream.isFinReceived = true;
    if (engine.negotiation.isMinimal) endWriting(engine, stream);
    if (stream.isOrphan) {
      if (stream.isFinSent) engine.remove(stream);
      return;
    }
    engine.inbound.deliver(stream);
  }

  reset(id: number, code: number, reason: string): void {
    const engine = this.#engine;
    const stream = engine.streams.get(id);
    if (stream === undefined) return this.#unknownId(id);
    engine.resets++;
    // Of ours there are no more than we open; its own it could open and reset without end.
    if (!stream.isOurs && !this.#limits.provoke(engine.lastInboundAt)) return this.#calm('resets');
    engine.remove(stream);
    const muxCode = code === WireCode.refused ? 'ERR_MUX_STREAM_REFUSED' : 'ERR_MUX_STREAM_RESET';
    const text = `the peer ${code === WireCode.refused ? 'refused' : 'reset'} stream ${id} with code ${code}${reason === '' ? '' : `: ${reason}`}`;
    stream.handler.destroy(new MuxError(muxCode, text, { nodeCode: 'ECONNRESET', streamId: id, resetCode: code, remote: true }));
  }

  grant(id: number, credit: number): void {
    const engine = this.#engine;
    const stream = engine.streams.get(id);
    if (stream === undefined) return this.#unknownId(id);
    const isOffset = engine.codec.grants === 'offset';
    if (isOffset && engine.outbound.metering !== 'credit') return;
    const limit = isOffset ? credit : stream.sendLimit + credit;
    const raised = limit - stream.sendLimit;
    const window = engine.negotiation.peer?.initialWindow ?? 0;
    if (raised < window / TINY_PART && !this.#limits.tinyGrant(engine.lastInboundAt)) return this.#calm('tiny grants');
    if (raised <= 0) return;
    if (!isOffset && limit - stream.sent > 0xffffffff) return this.fail('ERR_MUX_PROTOCOL', `the window of stream ${id} is over 4 GiB`);
    stream.sendLimit = limit;
    engine.outbound.activate(stream);
  }

  ping(id: number): void {
    const engine = this.#engine;
    if (!this.#isAllowed('ping')) return;
    if (!this.#limits.ping(engine.lastInboundAt)) return this.#calm('pings');
    engine.outbound.answer(engine.session.pong(id));
  }

  pong(id: number): void {
    this.#engine.trips.end(id, performance.now());
  }

  goaway(lastStreamId: number, code: number, reason: string): void {
    const engine = this.#engine;
    if (!this.#isAllowed('goaway')) return;
    if (code !== WireCode.none) engine.peerFault = `code ${code}${reason === '' ? '' : `: ${reason}`}`;
    engine.peerGoaway = Math.min(engine.peerGoaway ?? Infinity, engine.codec.lastStreamId ? lastStreamId : Infinity);
    for (const stream of engine.streams.values()) {
      if (!stream.isOurs || (stream.create === undefined && stream.id <= engine.peerGoaway)) continue;
      engine.remove(stream);
      stream.create = undefined;
      const facts = { nodeCode: 'ECONNRESET', streamId: stream.id, remote: true, resetCode: WireCode.refused } as const;
      stream.handler.destroy(new MuxError('ERR_MUX_STREAM_REFUSED', `the peer is going away and has not taken stream ${stream.id}`, facts));
    }
    engine.owner.heardGoaway(lastStreamId, code, reason);
  }

  hello(hello: Hello): void {
    const engine = this.#engine;
    const { negotiation, outbound, session } = engine;
    if (negotiation.isOff) return this.unknown();
    if (!negotiation.hear(hello)) return this.fail('ERR_MUX_PROTOCOL', 'a second hello');
    engine.ids.role ??= 'server';
    engine.ids.forget();
    const greeting = negotiation.isSaid ? outbound.takeGreeting() : engine.helloFrame();
    negotiation.isSaid = true;
    if (greeting !== undefined) {
      outbound.answer(greeting);
      engine.helloSentAt = performance.now();
    }
    if (negotiation.can('credit')) outbound.meterBehind(session.helloAck(), hello.initialWindow);
    else {
      outbound.answer(session.helloAck());
      outbound.free();
    }
    if (negotiation.can('ack')) {
      for (const stream of engine.streams.values()) if (!stream.isOurs) this.#ack(stream);
    }
    engine.sayWhatWaited();
    engine.owner.heardHello();
  }

  helloAck(): void {
    const engine = this.#engine;
    if (!engine.negotiation.isSaid || engine.inbound.isMetered) return this.fail('ERR_MUX_PROTOCOL', 'a hello_ack that answers no hello');
    if (engine.helloSentAt > 0) engine.trips.smallest = performance.now() - engine.helloSentAt;
    if (engine.negotiation.can('credit')) engine.inbound.meter(engine.streams.values());
  }

  unknown(): void {
    if (!this.#limits.junk()) this.fail('ERR_MUX_PROTOCOL', 'too many messages of unknown kinds');
  }

  fail(code: MuxErrorCode, message: string): void {
    this.#current = undefined;
    this.#engine.fail(code, message, WIRE_CODES[code] ?? WireCode.protocol);
  }

  #ack(stream: StreamRecord): void {
    if (stream.isAcked) return;
    stream.isAcked = true;
    this.#engine.outbound.answer(this.#engine.session.ack(stream.id, this.#engine.options.initialWindowBytes));
  }

  #refusalOf(type: string): string | undefined {
    const { goneAwayAt, peerStreams, options, owner } = this.#engine;
    if (goneAwayAt !== undefined) return 'going away';
    if (peerStreams >= options.maxStreams) return `over maxStreams (${options.maxStreams})`;
    return owner.refusalOf(type);
  }

  #refuse(id: number, why: string): void {
    const engine = this.#engine;
    engine.refused++;
    if (!this.#limits.provoke(engine.lastInboundAt)) return this.#calm('streams to be refused');
    engine.sayReset(id, WireCode.refused, why, 'answer');
  }

  /** The first bytes of a connection are of a protocol that is known, and not this one. */
  #isForeign(id: number, length: number): boolean {
    if (this.#engine.bytesIn > FIRST_BYTES || this.#engine.ids.highestOfPeer !== 0) return false;
    const first = Buffer.alloc(8);
    first.writeUInt32BE(length, first.writeUInt32BE(id, 0));
    const foreign = looksLike(first);
    if (foreign !== undefined) this.fail('ERR_MUX_PROTOCOL', `the connection begins with no frame of this protocol; this looks like ${foreign}`);
    return foreign !== undefined;
  }

  /** What was closed is late and ignored; what was never opened is junk. */
  #unknownId(id: number): void {
    if (this.#engine.ids.wasOpened(id) || this.#limits.junk()) return;
    this.fail('ERR_MUX_PROTOCOL', 'too many frames for streams that were never opened');
  }

  #isAllowed(capability: 'ping' | 'goaway'): boolean {
    if (this.#engine.negotiation.can(capability)) return true;
    this.unknown();
    return false;
  }

  #calm(what: string): void {
    this.fail('ERR_MUX_CALM', `too many ${what}`);
  }
}

/** Between extended ends each side has its own parity and range. */
function isOfPeer(engine: Engine, id: number): boolean {
  const { ids } = engine.codec;
  return engine.ids.role === 'server' ? id % 2 === ids.client % 2 && id <= ids.lastClient : id % 2 === ids.server % 2 && id >= ids.server;
}
