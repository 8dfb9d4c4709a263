// One stream as both ends see it: two lanes, and a ledger for each end of what its user did and what it was told.
import type { Side } from './carrier.js';
import type { ModelStream } from './contract.js';
import { Lane } from './lane.js';

/** What the ends ask of the session that they are in. */
export interface Judge {
  /** Operations so far. */
  readonly operations: number;
  /** Neither end is to be told more than the documented messages can say. */
  readonly isMinimal: boolean;
  /** Streams may be refused. */
  readonly mayRefuse: boolean;
  /** Whether this error of a stream that nobody aborted has a reason. */
  excuses(end: StreamEnd, error: Error): string | undefined;
  fault(text: string, stream?: ModelledStream): void;
  note(text: string, stream?: ModelledStream): void;
}

/** One stream. */
export class ModelledStream {
  readonly lanes: readonly [Lane, Lane];
  /** What was done to it, and what it told. */
  readonly history: string[] = [];
  readonly ends: [StreamEnd | undefined, StreamEnd | undefined] = [undefined, undefined];

  constructor(
    readonly judge: Judge,
    readonly name: string,
    readonly opener: Side,
    readonly type: string,
    readonly metadata: unknown,
  ) {
    const lane = (from: string): Lane => new Lane(`${name} ${from}`, (text) => judge.fault(text, this));
    this.lanes = [lane('A→B'), lane('B→A')];
  }

  /** From here on it may end early, either way. */
  excuse(why: string): void {
    for (const lane of this.lanes) lane.excuse ??= why;
  }

  get isExcused(): boolean {
    return this.lanes.some(({ excuse }) => excuse !== undefined);
  }

  /** Nothing is left to wait for. */
  get isOver(): boolean {
    const [first, second] = this.ends;
    const opener = this.ends[this.opener];
    return (opener?.isClosed ?? true) && (first?.isClosed ?? this.isExcused) && (second?.isClosed ?? this.isExcused);
  }
}

/** What its reader does at the moment. */
type Reading = 'on' | 'once' | 'off';

export class StreamEnd {
  readonly inbound: Lane;
  readonly outbound: Lane;
  reading: Reading = 'on';
  /** Nobody reads it before the session's end. */
  isIgnored = false;
  isClosed = false;
  /** What its own user did to it. */
  abortedBy: 'reset' | 'destroy' | 'close' | undefined;
  error: Error | undefined;
  callbacksOwed = 0;
  readonly #judge: Judge;

  constructor(
    readonly of: ModelledStream,
    readonly side: Side,
    readonly stream: ModelStream,
    /** Reads by `read(n)`; otherwise by `'data'` and `pause`. */
    readonly pulls: boolean,
    /** Has an `'error'` listener; without, `'close'` alone tells. */
    readonly hearsErrors: boolean,
  ) {
    this.#judge = of.judge;
    this.outbound = of.lanes[side];
    this.inbound = of.lanes[side === 0 ? 1 : 0];
    if (of.ends[side] !== undefined) this.#fault(`${of.name}: came twice`);
    of.ends[side] = this;
    if (pulls) stream.on('readable', () => this.#pull());
    else stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('end', () => this.#onEnd());
    if (hearsErrors) stream.on('error', (error: Error) => this.#onError(error));
    stream.on('close', (hadError: boolean) => this.#onClose(hadError));
  }

  #fault(text: string): void {
    this.#judge.fault(text, this.of);
  }

  get name(): string {
    return `${this.of.name} at ${this.side === 0 ? 'A' : 'B'}`;
  }

  get canWrite(): boolean {
    return !this.isClosed && this.stream.writable && this.abortedBy === undefined;
  }

  write(chunk: Uint8Array): void {
    if (this.outbound.waitingBytes === 0) this.outbound.movedAt = this.#judge.operations;
    this.outbound.write(chunk);
    this.callbacksOwed++;
    let isCalled = false;
    this.stream.write(chunk, () => {
      if (isCalled) this.#fault(`${this.name}: the callback of a write twice`);
      isCalled = true;
      this.callbacksOwed--;
    });
  }

  end(): void {
    this.noteEnd();
    this.stream.end();
  }

  /** Its side has ended, by us or by itself. */
  noteEnd(): void {
    this.outbound.isEnded = true;
    // A close is all that a minimal peer can be told: what it sends from then on may find nobody.
    if (this.#judge.isMinimal) this.inbound.excuse ??= 'the reader closed';
  }

  abort(how: 'reset' | 'destroy' | 'close', error?: Error): void {
    // What was destroyed stays that.
    if (this.stream.destroyed) return;
    this.abortedBy = how;
    this.of.excuse(how);
    if (how === 'close') this.outbound.isEnded = true;
    if (how === 'reset') this.stream.reset(256);
    else if (how === 'close') this.stream.close();
    else this.stream.destroy(error);
  }

  read(reading: Reading, bytes = 0): void {
    if (reading === 'on' && this.reading !== 'on') this.inbound.movedAt = this.#judge.operations;
    this.reading = reading;
    if (this.isClosed || this.stream.destroyed) return;
    if (!this.pulls) {
      if (reading === 'off') this.stream.pause();
      else this.stream.resume();
    } else if (reading === 'once') {
      const chunk = this.stream.read(Math.min(bytes, this.stream.readableLength)) as Buffer | null;
      if (chunk !== null && chunk.length > 0) this.#receive(chunk);
    } else {
      this.#pull();
    }
  }

  #pull(): void {
    while (this.reading === 'on') {
      const chunk = this.stream.read() as Buffer | null;
      if (chunk === null) return;
      this.#receive(chunk);
    }
  }

  #receive(chunk: Buffer): void {
    if (this.isClosed) this.#fault(`${this.name}: bytes after 'close'`);
    // Of a stream that its user gave up Node may still hand out what it holds.
    if (this.abortedBy !== undefined) return;
    this.inbound.receive(chunk);
    this.inbound.movedAt = this.#judge.operations;
    if (this.reading !== 'once' || this.pulls) return;
    this.reading = 'off';
    this.stream.pause();
  }

  #onEnd(): void {
    this.#judge.note(`${this.name} sees the end`, this.of);
    if (this.isClosed) this.#fault(`${this.name}: 'end' after 'close'`);
    if (this.abortedBy !== 'close') this.inbound.end(this.#mayBeCut());
    if (!this.stream.allowHalfOpen) this.noteEnd();
  }

  /** Whether an abrupt end may look like a clean one. */
  #mayBeCut(): boolean {
    const writer = this.of.ends[this.side === 0 ? 1 : 0];
    // As a kernel ends what is destroyed with nothing unread.
    if (writer?.abortedBy === 'destroy') return true;
    if (!this.#judge.isMinimal) return false;
    // A close is all that it can be told, be it a reset or a refusal.
    if (writer === undefined && this.#judge.mayRefuse) this.of.excuse('refused');
    return this.inbound.excuse !== undefined;
  }

  #onError(error: Error): void {
    if (this.isClosed) this.#fault(`${this.name}: 'error' after 'close'`);
    if (this.error !== undefined) this.#fault(`${this.name}: two errors: ${this.error.message}; ${error.message}`);
    this.error = error;
    this.#judge.note(`${this.name} fails: ${nameOf(error)}`, this.of);
    const why = this.of.isExcused ? 'an error' : this.#judge.excuses(this, error);
    if (why === undefined) this.#fault(`${this.name}: an error without a reason: ${nameOf(error)}`);
    else this.of.excuse(why);
  }

  #onClose(hadError: boolean): void {
    this.#judge.note(`${this.name} closes${hadError ? ' with an error' : ''}`, this.of);
    if (this.isClosed) this.#fault(`${this.name}: 'close' twice`);
    if (hadError && !this.hearsErrors) this.#onError(new Error('not listened to'));
    if (hadError !== (this.error !== undefined)) this.#fault(`${this.name}: 'close' says ${hadError} of an error`);
    this.isClosed = true;
    const isClean = this.error === undefined && this.abortedBy === undefined;
    if (isClean && !this.inbound.isEndSeen) this.#fault(`${this.name}: closed without an error, and saw no end`);
    if (isClean && this.outbound.isOpen && !this.outbound.isEnded) this.#fault(`${this.name}: closed by nobody`);
  }
}

export function nameOf(error: Error): string {
  const { code, muxCode } = error as { code?: string; muxCode?: string };
  return `${[code, muxCode].filter((one) => one !== undefined).join(' ')} ${error.message}`;
}
