// One run of a script: it plays the peer, step by step, compares what the code under test writes, and keeps the
// transcript. It settles once: done, failed, or out of time.
import { TestingError } from './errors.js';
import type { PairSocket } from './pair-socket.js';

/** One line of a script. */
export type ScriptStep =
  | { type: 'read' | 'expectWrite'; bytes: Buffer }
  | { type: 'wait'; milliseconds: number }
  | { type: 'fin' | 'reset' | 'expectEnd' };

/** Kept from before any fake clock: a script must end although the clock stands still. */
const onTimeout = setTimeout;
const offTimeout = clearTimeout;
const onNextTurn = setImmediate;

const EMPTY = Buffer.alloc(0);
/** What the transcript shows of one step. */
const MAX_SHOWN_BYTES = 60;
/** What the code may write ahead of the script. */
const MAX_UNMATCHED_BYTES = 64 * 1024;
/** Turns that the last bytes, or the last step, may still need when the script is disposed of. */
const LAST_TURNS = 5;

/** See the head of this file. */
export class ScriptRun {
  readonly #steps: readonly ScriptStep[];
  readonly #socket: PairSocket;
  readonly #peer: PairSocket;
  readonly #deadline: NodeJS.Timeout;
  #at = 0;
  /** Written by the code, and matched by no step yet. At `MAX_UNMATCHED_BYTES` the code has to wait. */
  #unmatched: Buffer = EMPTY;
  /** So many bytes of the step in hand are matched. */
  #matchedBytes = 0;
  #sawEnd = false;
  /** A step takes its time; `#advance` goes on after it. */
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;
  #failure: TestingError | undefined;
  #settle: () => void = () => {};
  readonly #settled: Promise<void> = new Promise((resolve) => {
    this.#settle = resolve;
  });

  constructor(steps: readonly ScriptStep[], socket: PairSocket, peer: PairSocket, timeout: number) {
    this.#steps = steps;
    this.#socket = socket;
    this.#peer = peer;
    this.#deadline = onTimeout(() => this.#fail(`not over after ${timeout} ms`), timeout);
    peer.on('data', (bytes: Buffer) => {
      this.#unmatched = Buffer.concat([this.#unmatched, bytes]);
      this.#advance();
      if (this.#unmatched.length >= MAX_UNMATCHED_BYTES) peer.pause();
    });
    peer.on('end', () => this.#end());
    peer.on('error', () => this.#end());
    this.#advance();
  }

  async done(): Promise<void> {
    await this.#settled;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async dispose(): Promise<void> {
    for (let turn = 0; turn < LAST_TURNS; turn++) await new Promise((resolve) => onNextTurn(resolve));
    if (this.#failure === undefined && this.#at < this.#steps.length) this.#fail(this.#stepsLeft());
    if (this.#failure === undefined && this.#unmatched.length > 0) this.#fail(`written and not expected: ${show(this.#unmatched)}`);
    this.#socket.destroy();
    await this.done();
  }

  #end(): void {
    this.#sawEnd = true;
    this.#advance();
  }

  /** Does every step that can be done now. */
  #advance(): void {
    while (!this.#isBusy && this.#failure === undefined) {
      const step = this.#steps[this.#at];
      if (step === undefined) {
        this.#finish();
        return;
      }
      if (!this.#play(step)) break;
      this.#at++;
      this.#matchedBytes = 0;
    }
    if (this.#unmatched.length < MAX_UNMATCHED_BYTES && this.#peer.isPaused()) this.#peer.resume();
  }

  /** True when the step is done; one that takes its time is done at once and holds up the next. */
  #play(step: ScriptStep): boolean {
    switch (step.type) {
      case 'read':
        this.#peer.write(step.bytes);
        return true;
      case 'expectWrite':
        return this.#match(step.bytes);
      case 'expectEnd':
        if (this.#unmatched.length > 0) this.#fail(`written instead of the end: ${show(this.#unmatched)}`);
        return this.#failure === undefined && this.#sawEnd;
      case 'wait':
        this.#isBusy = true;
        this.#timer = globalThis.setTimeout(() => this.#goOn(), step.milliseconds);
        return true;
      case 'fin':
        this.#peer.end();
        return true;
      case 'reset':
        this.#isBusy = true;
        // A reset overtakes bytes: it waits for the turn in which they are delivered.
        if (this.#peer.writable) this.#peer.write(EMPTY, () => this.#resetSoon());
        else this.#resetSoon();
        return true;
    }
  }

  #resetSoon(): void {
    onNextTurn(() =>
      onNextTurn(() => {
        this.#peer.resetAndDestroy();
        this.#goOn();
      }),
    );
  }

  #goOn(): void {
    this.#isBusy = false;
    this.#advance();
  }

  /** What matches is let go of at once, so that a long step holds no more than a chunk. */
  #match(expected: Buffer): boolean {
    const before = this.#matchedBytes;
    const length = Math.min(expected.length - before, this.#unmatched.length);
    if (!this.#unmatched.subarray(0, length).equals(expected.subarray(before, before + length))) {
      this.#fail(`written: ${show(Buffer.concat([expected.subarray(0, before), this.#unmatched]))}`);
      return false;
    }
    this.#matchedBytes = before + length;
    this.#unmatched = this.#unmatched.subarray(length);
    if (this.#matchedBytes === expected.length) return true;
    if (this.#sawEnd) this.#fail(`ended after ${this.#matchedBytes} of ${expected.length} bytes`);
    return false;
  }

  #finish(): void {
    offTimeout(this.#deadline);
    if (this.#timer !== undefined) globalThis.clearTimeout(this.#timer);
    this.#settle();
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new TestingError('ERR_TESTING_SCRIPT_FAILED', `${reason}\n${this.#transcript()}`);
    this.#finish();
    this.#socket.destroy();
  }

  #stepsLeft(): string {
    const count = this.#steps.length - this.#at;
    return count === 1 ? '1 step left' : `${count} steps left`;
  }

  #transcript(): string {
    const mark = (index: number): string => {
      if (index < this.#at) return 'done';
      return index === this.#at ? 'here' : '    ';
    };
    return this.#steps.map((step, index) => `  ${mark(index)}  ${describe(step)}${index === this.#at ? this.#matched(step) : ''}`).join('\n');
  }

  /** What of the step in hand has come. */
  #matched(step: ScriptStep): string {
    if (!('bytes' in step) || this.#matchedBytes === 0) return '';
    return `, of which came ${show(step.bytes.subarray(0, this.#matchedBytes))}`;
  }
}

function describe(step: ScriptStep): string {
  if ('bytes' in step) return `${step.type} ${show(step.bytes)}`;
  return 'milliseconds' in step ? `${step.type} ${step.milliseconds} ms` : step.type;
}

function show(bytes: Buffer): string {
  const rest = bytes.length - MAX_SHOWN_BYTES;
  const shown = JSON.stringify(bytes.toString('latin1', 0, MAX_SHOWN_BYTES));
  return rest > 0 ? `${shown} and ${rest} bytes more` : shown;
}
