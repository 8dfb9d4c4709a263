// One run of one conformance rule: opens pairs, writes down what happens at their ends, waits with a deadline, and cleans
// up. Rules read its notes; it asserts nothing itself, and touches nothing that `TCPSocket` does not have.
import { setTimeout as after } from 'node:timers/promises';
import type { TCPSocket } from '@verb-tcp/socket';
import { TestingError } from '../errors.js';

/** What a rule may ask of a pair. */
export interface ConformancePairOptions {
  /** For both ends. @defaultValue false */
  allowHalfOpen?: boolean;
}

/** Makes a fresh connected pair; which end dialled is of no matter. */
export type MakePair = (
  options?: ConformancePairOptions,
) => readonly [TCPSocket, TCPSocket] | Promise<readonly [TCPSocket, TCPSocket]>;

/** Long enough that what must not happen would have happened. Only the verdict on broken sockets depends on it. */
const QUIET_MILLISECONDS = 40;
/** On a busy machine the time may be over before the event loop has looked at the sockets at all. */
const QUIET_TURNS = 10;

/** Turns in which what needs no time comes true. A wait that spins on would take the core from what it waits for. */
const QUICK_TURNS = 100;

/** One end of a pair, and what has happened at it so far, in order: `'end'`, `'error ECONNRESET'`, `'close true'`… */
export class End {
  readonly events: string[] = [];
  readonly errors: Error[] = [];
  readonly chunks: Buffer[] = [];
  #receivedBytes = 0;

  constructor(readonly socket: TCPSocket) {
    socket.on('end', () => this.events.push('end'));
    socket.on('drain', () => this.events.push('drain'));
    socket.on('timeout', () => this.events.push('timeout'));
    socket.on('close', (hadError) => this.events.push(`close ${hadError}`));
    socket.on('error', (error) => {
      this.errors.push(error);
      this.events.push(`error ${(error as NodeJS.ErrnoException).code ?? error.message}`);
    });
  }

  /** Starts the flow and keeps what comes. */
  read(): this {
    this.socket.on('data', this.#keep);
    return this;
  }

  /** Stops keeping; what comes then is lost unless the socket is paused. */
  stopReading(): void {
    this.socket.off('data', this.#keep);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** What was received since the last call. */
  takeReceived(): Buffer {
    const { received } = this;
    this.chunks.length = 0;
    this.#receivedBytes = 0;
    return received;
  }

  get isClosed(): boolean {
    return this.events.some((event) => event.startsWith('close'));
  }

  has(event: string): boolean {
    return this.events.includes(event);
  }

  count(event: string): number {
    return this.events.filter((seen) => seen === event).length;
  }

  readonly #keep = (chunk: Buffer): void => {
    this.chunks.push(chunk);
    this.#receivedBytes += chunk.length;
  };
}

/** One run of one rule. */
export class Trial {
  readonly #makePair: MakePair;
  readonly #ends: End[] = [];
  #isOver = false;

  constructor(makePair: MakePair) {
    this.#makePair = makePair;
  }

  /** A fresh pair. */
  async open(options: ConformancePairOptions = {}): Promise<[End, End]> {
    const [first, second] = await this.#makePair(options);
    const ends: [End, End] = [new End(first), new End(second)];
    this.#ends.push(...ends);
    if (this.#isOver) this.#cleanUp();
    return ends;
  }

  /** Looks once a turn of the event loop until `condition` holds; once a millisecond where it takes long. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; !condition() && !this.#isOver; turn++) await (turn < QUICK_TURNS ? nextTurn() : after(1));
  }

  /** Time in which nothing may happen. */
  async quiet(milliseconds: number = QUIET_MILLISECONDS): Promise<void> {
    await after(milliseconds);
    for (let turn = 0; turn < QUIET_TURNS; turn++) await nextTurn();
  }

  /** Runs a rule. @throws {TestingError} `ERR_TESTING_CASE_TIMEOUT` with what had happened at each end */
  async run(check: (trial: Trial) => Promise<void>, timeout: number): Promise<void> {
    const deadline = new AbortController();
    const expired = after(timeout, undefined, { signal: deadline.signal }).then(
      () => {
        throw new TestingError('ERR_TESTING_CASE_TIMEOUT', `not settled after ${timeout} ms; ${this.#transcript()}`);
      },
      () => {},
    );
    try {
      await Promise.race([check(this), expired]);
    } finally {
      this.#isOver = true;
      deadline.abort();
      this.#cleanUp();
    }
  }

  #transcript(): string {
    const lines = this.#ends.map(
      ({ events, socket }, index) =>
        `end ${index + 1}: [${events.join(', ')}], ${socket.bytesRead} bytes read, ${socket.bytesWritten} written`,
    );
    return lines.join('; ');
  }

  #cleanUp(): void {
    for (const { socket } of this.#ends) socket.destroy();
  }
}

/** Writes `bytes` in pieces, waits for `'drain'` where it must, and gives how often that was. */
export async function send(trial: Trial, end: End, bytes: Uint8Array, pieceBytes: number): Promise<number> {
  let waits = 0;
  for (let at = 0; at < bytes.byteLength && !end.isClosed; at += pieceBytes) {
    const drains = end.count('drain');
    if (end.socket.write(bytes.subarray(at, at + pieceBytes))) continue;
    waits++;
    await trial.until(() => end.count('drain') > drains || end.isClosed);
  }
  return waits;
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
