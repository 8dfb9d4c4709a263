// The faults at work, each in one direction of one connection: bytes and ends go in, what is left of them goes to the
// output, in order. Times come from timers looked up at call time, chances from the generator that is handed in.
import { DelayLine, type Passage } from './delay-line.js';
import type { FaultEnd, ResolvedFault } from './faults.js';
import type { Random } from './random.js';

/** What a toxic reaches. */
export interface ToxicOutput {
  pass(item: Passage): void;
  /** Resets both sides now. */
  reset(): void;
  /** Stops reading from the sender, or goes on. */
  stall(isStalled: boolean): void;
}

/** One fault in one direction of one connection. */
export interface Toxic {
  /** Bytes that wait in it. */
  readonly heldBytes: number;
  /** A mark of its own, below that of the link: the sender has to wait when so much is held. */
  readonly markBytes?: number;
  /** Called once, when it is in its place. */
  start?(): void;
  push(item: Passage): void;
  /** The fault was removed: lets go of what it holds, in order. */
  release(): void;
  /** The connection is over. */
  stop(): void;
}

/** Slices of a tenth of a second keep the pace smooth and the timers few. */
const SLICES_PER_SECOND = 10;
/** A slow link is felt at once and not after a queue of minutes: one slice may wait, and at least one chunk. */
const MIN_MARK_BYTES = 64 * 1024;
const BITS_PER_BYTE = 8;

/** A fault at work. */
export function createToxic(fault: ResolvedFault, output: ToxicOutput, random: Random): Toxic {
  switch (fault.type) {
    case 'latency':
      return createLine(output, (item, line) => line.push(item, line.now() + vary(fault.delay, fault.jitter, random)));
    case 'bandwidth':
      return createBandwidth(fault.bytesPerSecond, output);
    case 'slowClose':
      return createLine(output, (item, line) => line.push(item, item === 'fin' ? line.now() + fault.delay : line.now()));
    case 'blackhole':
      return new Blackhole(fault.timeout, fault.end, output);
    case 'reset':
      return new Countdown(fault.after, output, () => output.reset());
    case 'slicer':
      return createSlicer(fault, output, random);
    case 'limitBytes':
      return new LimitBytes(vary(fault.bytes, fault.variationBytes, random), fault.end, output);
    case 'limitTime':
      return new Countdown(fault.duration, output, () => output.pass(fault.end));
    case 'stallReads':
      return new StallReads(fault.duration, output);
    case 'flipBits':
      return createFlipBits(fault.averageBytes, output, random);
  }
}

function vary(average: number, variation: number, random: Random): number {
  return average + random(2 * variation + 1) - variation;
}

/** What delays is a line, and a rule for when each item leaves it. */
function createLine(
  output: ToxicOutput,
  enter: (item: Passage, line: DelayLine) => void,
  markBytes: number = Infinity,
): Toxic {
  const line = new DelayLine((item) => output.pass(item));
  return {
    get heldBytes() {
      return line.heldBytes;
    },
    markBytes,
    push: (item) => enter(item, line),
    release: () => line.release(),
    stop: () => line.stop(),
  };
}

function createBandwidth(bytesPerSecond: number, output: ToxicOutput): Toxic {
  const sliceBytes = Math.max(1, Math.floor(bytesPerSecond / SLICES_PER_SECOND));
  const enter = (item: Passage, line: DelayLine): void => {
    if (typeof item === 'string') {
      line.push(item, line.now());
      return;
    }
    for (let start = 0; start < item.length; start += sliceBytes) {
      const slice = item.subarray(start, start + sliceBytes);
      line.push(slice, Math.max(line.now(), line.lastDue) + (slice.length * 1000) / bytesPerSecond);
    }
  };
  return createLine(output, enter, Math.max(sliceBytes, MIN_MARK_BYTES));
}

/** A piece may come in parts; only where it is complete the next one has to wait. */
function createSlicer(
  { averageBytes, variationBytes, delay }: Extract<ResolvedFault, { type: 'slicer' }>,
  output: ToxicOutput,
  random: Random,
): Toxic {
  const drawLength = (): number => vary(averageBytes, variationBytes, random);
  let missing = drawLength();
  let isCut = false;
  return createLine(output, (item, line) => {
    if (typeof item === 'string') {
      line.push(item, line.now());
      return;
    }
    for (let start = 0; start < item.length; ) {
      const piece = item.subarray(start, start + missing);
      line.push(piece, isCut ? Math.max(line.now(), line.lastDue + delay) : line.now());
      start += piece.length;
      missing -= piece.length;
      isCut = missing === 0;
      if (isCut) missing = drawLength();
    }
  });
}

function createFlipBits(averageBytes: number, output: ToxicOutput, random: Random): Toxic {
  // From 1 to twice the average less one, so the average is the average.
  const drawGap = (): number => 1 + random(2 * averageBytes - 1);
  let gap = drawGap();
  return {
    heldBytes: 0,
    push: (item) => {
      if (typeof item !== 'string') {
        // In place: bytes of a `'data'` event are the listener's own.
        let at = gap - 1;
        for (; at < item.length; at += drawGap()) item[at] = (item[at] as number) ^ (1 << random(BITS_PER_BYTE));
        gap = at - item.length + 1;
      }
      output.pass(item);
    },
    release: () => {},
    stop: () => {},
  };
}

/** Lets everything pass until its time has come. Waiting for that does not keep the process alive. */
class Countdown implements Toxic {
  readonly heldBytes: number = 0;
  readonly #milliseconds: number;
  readonly #onOver: () => void;
  protected readonly output: ToxicOutput;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number, output: ToxicOutput, onOver: () => void) {
    this.#milliseconds = milliseconds;
    this.output = output;
    this.#onOver = onOver;
  }

  start(): void {
    this.#timer = globalThis.setTimeout(this.#onOver, this.#milliseconds);
    this.#timer.unref();
  }

  push(item: Passage): void {
    this.output.pass(item);
  }

  release(): void {
    this.stop();
  }

  stop(): void {
    if (this.#timer !== undefined) globalThis.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

class Blackhole extends Countdown {
  readonly #isForEver: boolean;
  #hasSwallowed = false;

  constructor(timeout: number, end: FaultEnd, output: ToxicOutput) {
    super(timeout, output, () => output.pass(end));
    this.#isForEver = timeout === 0;
  }

  override start(): void {
    if (!this.#isForEver) super.start();
  }

  override push(_item: Passage): void {
    this.#hasSwallowed = true;
  }

  override release(): void {
    super.release();
    if (this.#hasSwallowed) this.output.reset();
  }
}

class StallReads extends Countdown {
  readonly #isForEver: boolean;

  constructor(duration: number, output: ToxicOutput) {
    super(duration, output, () => output.stall(false));
    this.#isForEver = duration === 0;
  }

  override start(): void {
    this.output.stall(true);
    if (!this.#isForEver) super.start();
  }

  override release(): void {
    super.release();
    this.output.stall(false);
  }
}

class LimitBytes implements Toxic {
  readonly heldBytes: number = 0;
  readonly #end: FaultEnd;
  readonly #output: ToxicOutput;
  #left: number;

  constructor(bytes: number, end: FaultEnd, output: ToxicOutput) {
    this.#left = bytes;
    this.#end = end;
    this.#output = output;
  }

  start(): void {
    if (this.#left === 0) this.#output.pass(this.#end);
  }

  push(item: Passage): void {
    if (typeof item === 'string') {
      this.#output.pass(item);
      return;
    }
    if (this.#left === 0) return;
    const passed = item.subarray(0, this.#left);
    this.#left -= passed.length;
    this.#output.pass(passed);
    if (this.#left === 0) this.#output.pass(this.#end);
  }

  release(): void {}

  stop(): void {}
}
