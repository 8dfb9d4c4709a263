// What may be on the wire between two ends, frame by frame: order, credit, ids. It sees a frame before its receiver does,
// so whatever it has seen of the one end the other may or may not know.
import type { Side } from './carrier.js';
import type { Frame, Message } from './frames.js';

const KIB = 1024;
const DOCUMENTED = new Set(['stream_create', 'stream_close']);
const MAX_UNMETERED_BYTES = 256 * KIB;
const MAX_UNMETERED_BYTES_IN_ALL = 1024 * KIB;
const MINIMAL_STREAM_BYTES = 1024 * KIB;
/** A stream's own buffer, and the chunk that overfills it. */
const BUFFER_BYTES = 128 * KIB;
/** Sockets and pipes between the watch and the end. */
const ON_THE_WAY_BYTES = 6 * 64 * KIB;

interface Watched {
  /** By sender. */
  readonly sent: [number, number];
  readonly unmetered: [number, number];
  readonly limit: [number, number];
  readonly isClosed: [boolean, boolean];
  acks: number;
}

export interface WireRules {
  /** Sides that may only send what is documented. */
  readonly isMinimal: readonly [boolean, boolean];
  readonly maxWindowBytes: number;
  /** Bytes of a stream that one end's user has taken; `undefined` where it takes none any more. */
  taken(id: number, by: Side): number | undefined;
  /** A second without an answer, and un-metered bytes are no longer limited. */
  isPatienceOver(): boolean;
  fault(text: string): void;
}

export class WireWatch {
  readonly #rules: WireRules;
  readonly #streams = new Map<number, Watched>();
  readonly #lastId: [number, number] = [0, 0];
  readonly #window: [number | undefined, number | undefined] = [undefined, undefined];
  readonly #isMetered = [false, false];
  readonly #unmeteredBytes: [number, number] = [0, 0];
  frames = 0;
  grants = 0;

  constructor(rules: WireRules) {
    this.#rules = rules;
  }

  /** Whether both ends have said hello. */
  get isExtended(): boolean {
    return this.#window[0] !== undefined && this.#window[1] !== undefined;
  }

  /** Bytes that `from` may still send on a stream, as far as the wire tells; `undefined` where nothing limits it. */
  credit(id: number, from: Side): number | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined || !this.#isMetered[from]) return undefined;
    return stream.limit[from] - (stream.sent[from] - stream.unmetered[from]);
  }

  /** Bytes of a stream that `from` has sent and the peer's user has not taken. */
  unread(id: number, from: Side): number {
    const taken = this.#rules.taken(id, from === 0 ? 1 : 0);
    return taken === undefined ? Infinity : (this.#streams.get(id)?.sent[from] ?? 0) - taken;
  }

  readonly see = ({ id, payload, message }: Frame, from: Side): void => {
    this.frames++;
    if (message === undefined) this.#data(id, payload.length, from);
    else this.#message(message, from);
  };

  #fault(from: Side, text: string): void {
    this.#rules.fault(`wire, from ${from === 0 ? 'A' : 'B'}: ${text}`);
  }

  #data(id: number, length: number, from: Side): void {
    const stream = this.#streams.get(id);
    const peer: Side = from === 0 ? 1 : 0;
    if (stream === undefined) return this.#fault(from, `data of stream ${id}, which nobody opened`);
    if (stream.isClosed[from]) this.#fault(from, `data of stream ${id} after its close`);
    stream.sent[from] += length;
    if (this.#isMetered[from]) {
      const over = -(this.credit(id, from) as number);
      if (over > 0) this.#fault(from, `stream ${id} is ${over} bytes beyond its credit of ${stream.limit[from]}`);
      return;
    }
    stream.unmetered[from] += length;
    this.#unmeteredBytes[from] += length;
    if (this.#rules.isMinimal[from] || this.#rules.isMinimal[peer] || this.#rules.isPatienceOver()) {
      const held = stream.sent[from] - (this.#rules.taken(id, peer) ?? Infinity);
      // What is beyond waits in the sockets: the receiver has paused them.
      const bound = MINIMAL_STREAM_BYTES + BUFFER_BYTES + ON_THE_WAY_BYTES;
      if (held > bound) this.#fault(from, `stream ${id} has ${held} bytes that its reader has not taken`);
    } else if (stream.unmetered[from] > MAX_UNMETERED_BYTES || this.#unmeteredBytes[from] > MAX_UNMETERED_BYTES_IN_ALL) {
      this.#fault(from, `stream ${id}: ${stream.unmetered[from]} bytes un-metered, ${this.#unmeteredBytes[from]} in all`);
    }
  }

  #message(message: Message, from: Side): void {
    const { type, streamId } = message;
    const peer: Side = from === 0 ? 1 : 0;
    if (this.frames === 1 && !DOCUMENTED.has(type)) this.#fault(from, `${type} before anything documented`);
    if (this.#rules.isMinimal[from] && !DOCUMENTED.has(type)) this.#fault(from, `${type}, with extensions off`);
    if (!DOCUMENTED.has(type) && type !== 'hello' && this.#window[peer] === undefined) this.#fault(from, `${type} before the peer's hello`);
    if (type === 'stream_create') this.#create(streamId, from);
    else if (type === 'stream_close' || type === 'stream_reset') this.#close(streamId, type, from);
    else if (type === 'stream_ack') this.#ack(streamId, from);
    else if (type === 'window') for (const [id, offset] of message.w) this.#grant(id, offset, from);
    else if (type === 'hello') this.#hello(message.initialWindow, from);
    else if (type === 'hello_ack') this.#helloAck(from);
  }

  #create(id: number, from: Side): void {
    if (this.#streams.has(id)) this.#fault(from, `stream ${id} opened again`);
    if (id <= this.#lastId[from]) this.#fault(from, `stream ${id} after ${this.#lastId[from]}`);
    this.#lastId[from] = id;
    const [first, second] = this.#window;
    // `limit` is by sender: what the other one grants.
    this.#streams.set(id, { sent: [0, 0], unmetered: [0, 0], limit: [second ?? 0, first ?? 0], isClosed: [false, false], acks: 0 });
  }

  #close(id: number, type: string, from: Side): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return this.#fault(from, `${type} of stream ${id}, which nobody opened`);
    if (stream.isClosed[from] && type === 'stream_close') this.#fault(from, `a second close of stream ${id}`);
    stream.isClosed[from] = true;
    // Who has opened nothing says hello in answer only.
    const mustHaveGreeted = !this.#rules.isMinimal[from] && this.#lastId[from] > 0;
    if (mustHaveGreeted && this.#window[from] === undefined) this.#fault(from, `${type} of stream ${id} before its hello`);
  }

  #ack(id: number, from: Side): void {
    const stream = this.#streams.get(id);
    if (stream === undefined || ++stream.acks > 1) this.#fault(from, `an ack too many, of stream ${id}`);
  }

  #grant(id: number, offset: number, from: Side): void {
    this.grants++;
    const stream = this.#streams.get(id);
    const sender: Side = from === 0 ? 1 : 0;
    if (stream === undefined) return this.#fault(from, `a grant for stream ${id}, which nobody opened`);
    if (offset <= stream.limit[sender]) this.#fault(from, `a grant that raises nothing, for stream ${id}: ${offset} after ${stream.limit[sender]}`);
    stream.limit[sender] = Math.max(stream.limit[sender], offset);
    const ahead = offset + stream.unmetered[sender] - (this.#rules.taken(id, from) ?? Infinity);
    if (ahead > this.#rules.maxWindowBytes + BUFFER_BYTES) this.#fault(from, `stream ${id} was granted ${ahead} bytes more than its reader took`);
  }

  #hello(initialWindow: number, from: Side): void {
    if (this.#window[from] !== undefined) this.#fault(from, 'a second hello');
    this.#window[from] = initialWindow;
    const sender: Side = from === 0 ? 1 : 0;
    for (const stream of this.#streams.values()) stream.limit[sender] = initialWindow;
  }

  #helloAck(from: Side): void {
    if (this.#isMetered[from]) this.#fault(from, 'a second hello_ack');
    this.#isMetered[from] = true;
  }
}
