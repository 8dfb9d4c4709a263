// One connection and all that happens on it: two multiplexers, the streams between them as the model sees them, the clock,
// and what was found wrong.
import { Carrier, type Mutant, type Side } from './carrier.js';
import type { MakeMux, ModelMux, ModelStream, MuxOptions, OpenOptions } from './contract.js';
import { createRandom, pick, type Random } from './random.js';
import { ModelledStream, nameOf, StreamEnd, type Judge } from './stream-ends.js';
import type { VirtualClock } from './virtual-clock.js';
import { WireWatch } from './wire-watch.js';

const KIB = 1024;
/** What a turn of the event loop takes, by the clock of the run. */
export const TURN_MILLISECONDS = 5;
const MAX_FAULTS = 8;
const MAX_TRACE = 60;
const PATIENCE_MILLISECONDS = 1000;
const CLOSE_TIMEOUT = 1500;
const STALL_TIMEOUT = 1000;
/** Small enough that pings come by themselves. */
const KEEPALIVE_INTERVAL = 700;
const WINDOWS = [4, 16, 64, 256];
/** What opening says where one end takes leave. */
const LEAVING: ReadonlySet<unknown> = new Set(['ERR_MUX_GOAWAY', 'ERR_MUX_SESSION_CLOSED']);
/** What is written: bytes of which no stretch looks like another. */
const pool = makePool(512 * KIB);

/** Both ends with extensions, or the second without. */
export type Combination = 'extended/extended' | 'extended/minimal' | 'minimal/extended';

export interface SessionSettings {
  readonly makeMux: MakeMux;
  readonly combination: Combination;
  readonly random: Random;
  readonly clock: VirtualClock;
  /** The initial window; absent: drawn. */
  readonly windowBytes?: number | undefined;
  readonly mutant?: ((session: Session) => Mutant) | undefined;
}

/** One end of the connection. */
interface MuxEnd {
  readonly mux: ModelMux;
  closes: number;
  errors: Error[];
}

export class Session implements Judge {
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly isMinimal: boolean;
  readonly carrier: Carrier;
  readonly wire: WireWatch;
  readonly sides: readonly [MuxEnd, MuxEnd];
  /** All of them, by id. */
  readonly streams: Map<number, ModelledStream> = new Map();
  readonly trace: string[] = [];
  readonly faults: string[] = [];
  operations = 0;
  /** The connection is lost, or a multiplexer was destroyed. */
  isDropped = false;
  /** Streams may be refused: for there are many, or because one end takes leave. */
  mayRefuse: boolean;
  /** The sides that have said goaway. */
  readonly isLeaving: [boolean, boolean] = [false, false];
  readonly hasRoles: boolean;
  /** Nobody gives up a stream: those that stand still are not hidden by that. */
  readonly isGentle: boolean;
  readonly initialWindowBytes: number;
  pingsOut = 0;
  closesOut = 0;
  /** The most of a stream that is written ahead of its reader. */
  readonly maxWaitingBytes: number;
  /** In some sessions, streams that nobody reads until the end. */
  readonly #ignoresOneIn: number;
  readonly #startedAt: number;

  constructor(settings: SessionSettings) {
    const { random, clock, combination, makeMux } = settings;
    this.random = random;
    this.clock = clock;
    this.#startedAt = clock.now;
    this.isMinimal = combination !== 'extended/extended';
    this.hasRoles = random(2) === 0;
    this.isGentle = random(2) === 0;
    this.maxWaitingBytes = (this.isMinimal && random(3) === 0 ? 1536 : 384) * KIB;
    const initialWindowBytes = settings.windowBytes ?? pick(random, WINDOWS) * KIB;
    this.initialWindowBytes = initialWindowBytes;
    const maxWindowBytes = initialWindowBytes * pick(random, [1, 4]);
    const maxStreams = this.isMinimal || random(3) > 0 ? 1024 : 3;
    this.mayRefuse = maxStreams < 1024;
    const isMinimal = [combination === 'minimal/extended', combination === 'extended/minimal'] as const;
    this.wire = new WireWatch({
      isMinimal,
      maxWindowBytes,
      taken: (id, by) => this.#taken(id, by),
      isPatienceOver: () => this.clock.now - this.#startedAt >= PATIENCE_MILLISECONDS,
      fault: (text) => this.fault(text),
    });
    this.carrier = new Carrier(random, this.wire.see, settings.mutant?.(this));
    this.#ignoresOneIn = pick(random, [0, 0, 2, 4]);
    const make = (side: Side): MuxEnd => {
      const options: MuxOptions = {
        extensions: isMinimal[side] ? 'off' : 'auto',
        allowHalfOpen: random(2) === 0,
        initialWindowBytes,
        maxWindowBytes,
        maxStreams,
        closeTimeout: CLOSE_TIMEOUT,
        stallTimeout: STALL_TIMEOUT,
        keepAliveInterval: KEEPALIVE_INTERVAL,
      };
      if (this.hasRoles) options.role = side === 0 ? 'client' : 'server';
      return this.#join(makeMux(this.carrier.ends[side], options), side);
    };
    this.sides = [make(0), make(1)];
    this.note(`${combination}, window ${initialWindowBytes} to ${maxWindowBytes}, maxStreams ${maxStreams}, roles ${this.hasRoles}`);
  }

  bytes(length: number): Buffer {
    const at = this.random(pool.length - length);
    return pool.subarray(at, at + length);
  }

  open(side: Side, metadata: Record<string, unknown> | undefined, options: OpenOptions): StreamEnd | undefined {
    const type = `type-${this.random(5)}`;
    let stream: ModelStream;
    try {
      stream = metadata === undefined ? this.sides[side].mux.openStream(type, undefined, options) : this.sides[side].mux.openStream(type, metadata, options);
    } catch (error) {
      if (this.isLeaving.includes(true) && LEAVING.has((error as { code?: string }).code)) return undefined;
      this.fault(`openStream at ${'AB'[side]} threw: ${nameOf(error as Error)}`);
      return undefined;
    }
    if (this.streams.has(stream.id)) this.fault(`stream ${stream.id} opened again`);
    const model = new ModelledStream(this, `stream ${stream.id}`, side, type, metadata ?? {});
    this.streams.set(stream.id, model);
    return this.#begin(model, side, stream);
  }

  fault(text: string, stream?: ModelledStream): void {
    if (this.faults.length >= MAX_FAULTS) return;
    this.faults.push(`operation ${this.operations}: ${text}`);
    if (stream !== undefined) this.faults.push(...stream.history.map((line) => `  ${line}`));
    this.note(`FAULT ${text}`);
  }

  note(text: string, stream?: ModelledStream): void {
    const line = `${this.operations} ${text}`;
    stream?.history.push(line);
    this.trace.push(line);
    if (this.trace.length > MAX_TRACE) this.trace.shift();
  }

  excuses(end: StreamEnd, error: Error): string | undefined {
    const { muxCode } = error as { muxCode?: string };
    if (this.isDropped) return 'the connection was lost';
    const isRefusal = !end.hearsErrors || muxCode === 'ERR_MUX_STREAM_REFUSED';
    if (isRefusal && this.mayRefuse && end.of.ends[end.side === 0 ? 1 : 0] === undefined) return 'refused';
    if (this.isMinimal && (!end.hearsErrors || muxCode === 'ERR_MUX_STREAM_CLOSED') && end.reading !== 'on') return 'nobody read it';
    return undefined;
  }

  /** Whatever still goes on ends early from here on. */
  drop(why: string): void {
    this.isDropped = true;
    for (const stream of this.streams.values()) stream.excuse(why);
  }

  /** Lets the event loop turn, and time pass. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.clock.advance(TURN_MILLISECONDS);
  }

  #taken(id: number, by: Side): number | undefined {
    const end = this.streams.get(id)?.ends[by];
    if (end === undefined) return this.streams.has(id) ? 0 : undefined;
    return end.isClosed || end.abortedBy !== undefined || end.error !== undefined ? undefined : end.inbound.receivedBytes;
  }

  #join(mux: ModelMux, side: Side): MuxEnd {
    const end: MuxEnd = { mux, closes: 0, errors: [] };
    mux.on('stream', (stream: ModelStream) => this.#arrived(stream, side));
    mux.on('error', (error: Error) => {
      end.errors.push(error);
      // What a minimal peer never closed is cut off when the connection ends, and told so.
      const isLate = this.isMinimal && this.isLeaving.includes(true) && (error as { code?: string }).code === 'ERR_MUX_SESSION_CLOSED';
      if (!this.isDropped && !isLate) this.fault(`the multiplexer at ${'AB'[side]} failed: ${nameOf(error)}`);
      // Its streams fail with it: one fault, not one for each.
      this.drop('the session failed');
    });
    mux.on('close', () => {
      if (++end.closes > 1) this.fault(`the multiplexer at ${'AB'[side]} closed twice`);
    });
    return end;
  }

  #arrived(stream: ModelStream, side: Side): void {
    const model = this.streams.get(stream.id);
    if (model === undefined || model.opener === side) return this.fault(`stream ${stream.id} came to ${'AB'[side]}, and nobody opened it`);
    if (stream.type !== model.type) this.fault(`stream ${stream.id} came as ${stream.type}, not ${model.type}`);
    const metadata = JSON.stringify(stream.metadata);
    if (metadata !== JSON.stringify(model.metadata)) this.fault(`stream ${stream.id} came with ${metadata}`);
    const end = this.#begin(model, side, stream);
    end.inbound.movedAt = this.operations;
    end.outbound.movedAt = this.operations;
  }

  #begin(model: ModelledStream, side: Side, stream: ModelStream): StreamEnd {
    const end = new StreamEnd(model, side, stream, this.random(2) === 0, this.random(4) > 0);
    end.isIgnored = this.#ignoresOneIn > 0 && this.random(this.#ignoresOneIn) === 0;
    if (end.isIgnored) end.read('off');
    return end;
  }
}

function makePool(bytes: number): Buffer {
  const random = createRandom(1);
  return Buffer.from(Uint8Array.from({ length: bytes }, () => random(256)).buffer);
}
