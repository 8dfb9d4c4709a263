// One direction of one connection: what the source gives goes through the toxics, first added first met, and into the
// sink. Order is kept, held bytes are bounded: the source is paused while the sink is full or too much is held.
import { Socket } from 'node:net';
import type { TCPSocket } from '@verb-tcp/socket';
import type { Passage } from './delay-line.js';
import type { FaultDirection, ResolvedFault } from './faults.js';
import { createRandom } from './random.js';
import { createToxic, type Toxic } from './toxics.js';

/** Kept from before any fake clock, as delivery in a pair is. */
const onNextTurn = setImmediate;
const onTimeout = setTimeout;
/**
 * So long a reset stays behind bytes on a real socket. Where both are there when it looks, libuv gives the bytes and then a
 * clean end in place of the error, and a reset drops what the kernel has not sent.
 */
const RESET_LAG_MILLISECONDS = 50;
const EMPTY = Buffer.alloc(0);

/** What a link tells the connection it belongs to. */
export interface FaultLinkEvents {
  /** Both sides are to be reset, now. */
  onReset(): void;
  /** The clean end has left. */
  onEnded(): void;
}

interface Entry {
  key: object;
  toxic: Toxic;
}

/** See the head of this file. */
export class FaultLink {
  readonly direction: FaultDirection;
  readonly #source: TCPSocket;
  readonly #sink: TCPSocket;
  readonly #maxHeldBytes: number;
  readonly #events: FaultLinkEvents;
  /** In the order in which bytes meet them; the key is what `remove` is called with. */
  readonly #toxics: Entry[] = [];
  #stalls = 0;
  #isPaused = false;
  #hasEnd = false;
  #isStopped = false;
  #passedBytes = 0;

  constructor(direction: FaultDirection, source: TCPSocket, sink: TCPSocket, maxHeldBytes: number, events: FaultLinkEvents) {
    this.direction = direction;
    this.#source = source;
    this.#sink = sink;
    this.#maxHeldBytes = maxHeldBytes;
    this.#events = events;
    sink.on('drain', () => this.#regulate());
  }

  /** Bytes handed to the sink. */
  get passedBytes(): number {
    return this.#passedBytes;
  }

  /** Starts reading. To be called when the first faults are in their place. */
  start(): void {
    this.#source.on('data', (bytes) => this.#enter(bytes));
    this.#source.on('end', () => this.#enter('fin'));
    if (this.#isPaused) this.#source.pause();
  }

  /** Puts a fault behind those that are there. */
  add(key: object, fault: ResolvedFault, seed: number): void {
    let isStalling = false;
    const toxic = createToxic(
      fault,
      {
        pass: (item) => this.#forward(entry, item),
        reset: () => this.#events.onReset(),
        stall: (isStalled) => {
          if (isStalled === isStalling) return;
          isStalling = isStalled;
          this.#stalls += isStalled ? 1 : -1;
          this.#regulate();
        },
      },
      createRandom(seed),
    );
    const entry: Entry = { key, toxic };
    this.#toxics.push(entry);
    toxic.start?.();
  }

  /** Takes a fault away; what it holds goes on its way at once. */
  remove(key: object): void {
    const entry = this.#toxics.find((candidate) => candidate.key === key);
    if (entry === undefined) return;
    entry.toxic.release();
    this.#toxics.splice(this.#toxics.indexOf(entry), 1);
    this.#regulate();
  }

  /** The source is gone without having said so. */
  close(): void {
    this.#enter('fin');
  }

  /** The connection is over: nothing more leaves, every timer is cleared. */
  stop(): void {
    this.#isStopped = true;
    for (const { toxic } of this.#toxics) toxic.stop();
  }

  #enter(item: Passage): void {
    const first = this.#toxics[0];
    if (this.#isStopped) return;
    if (first === undefined) this.#deliver(item);
    else first.toxic.push(item);
    this.#regulate();
  }

  #forward(entry: Entry, item: Passage): void {
    if (this.#isStopped) return;
    const next = this.#toxics[this.#toxics.indexOf(entry) + 1];
    if (next === undefined) this.#deliver(item);
    else next.toxic.push(item);
    this.#regulate();
  }

  /** Behind an end nothing comes any more. */
  #deliver(item: Passage): void {
    if (this.#hasEnd || this.#isStopped) return;
    this.#hasEnd = typeof item === 'string';
    if (item === 'fin') {
      if (this.#sink.writable) this.#sink.end(undefined, () => this.#events.onEnded());
      else this.#events.onEnded();
    } else if (item === 'reset') {
      this.#resetBehind();
    } else if (this.#sink.writable) {
      this.#passedBytes += item.length;
      this.#sink.write(item);
    } else if (this.#sink.destroyed) {
      // As a kernel answers bytes for a socket that is gone.
      this.#events.onReset();
    }
  }

  /** A reset overtakes bytes, so it waits until they have left, and until the other side has had time to read them. */
  #resetBehind(): void {
    const reset = (): void => this.#events.onReset();
    if (!this.#sink.writable) reset();
    else if (this.#sink instanceof Socket) this.#sink.write(EMPTY, () => onTimeout(reset, RESET_LAG_MILLISECONDS));
    // A pair delivers on the next turn.
    else this.#sink.write(EMPTY, () => onNextTurn(() => onNextTurn(reset)));
  }

  #regulate(): void {
    if (this.#isStopped) return;
    const heldBytes = this.#toxics.reduce((sum, { toxic }) => sum + toxic.heldBytes, 0);
    const isFull = heldBytes >= this.#maxHeldBytes || this.#toxics.some(({ toxic }) => toxic.heldBytes >= (toxic.markBytes ?? Infinity));
    const mustPause = this.#stalls > 0 || isFull || this.#sink.writableNeedDrain;
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#source.pause();
    else this.#source.resume();
  }
}
