// What a scenario is made of. It puts one line of promises to the test and gives rows; it does not print and does not
// decide the exit code.

/** How much goes into one run. */
export interface Effort {
  /** The share of the full work: 1 for figures worth publishing, little for a smoke test. */
  work: number;
  /** Decides whatever is random. The same seed makes the same choices. */
  seed: number;
  /** Aborts when the time is over: children are then killed, and the run rejects. */
  signal: AbortSignal;
  /** Told what begins. */
  progress: (what: string) => void;
}

/** One figure next to its bound. */
export interface Row {
  what: string;
  figure: string;
  bound: string;
  /** `undefined`: so short a run, or so busy a machine, cannot tell, and nothing is claimed. */
  holds: boolean | undefined;
}

export interface Scenario {
  name: string;
  /** One line: what is promised. */
  promises: string;
  /** Seconds at full work on two cores, generously. */
  seconds: number;
  run: (effort: Effort) => Promise<Row[]>;
}

/** `count` at this effort, at least `min`. */
export function scaled(count: number, { work }: Pick<Effort, 'work'>, min = 1): number {
  return Math.max(min, Math.round(count * work));
}

/** Whether a run is long enough for figures that one hiccup of a busy machine would turn. */
export function isLongEnough({ work }: Pick<Effort, 'work'>): boolean {
  return work >= 0.25;
}

/** A row about a number of faults, of which there may be none; `found` names the first few. */
export function noneOf(what: string, found: readonly string[] | number): Row {
  const count = typeof found === 'number' ? found : found.length;
  const some = typeof found === 'number' || count === 0 ? '' : `: ${found.slice(0, 3).join('; ')}${count > 3 ? '; …' : ''}`;
  return { what, figure: `${count}${some}`, bound: '0', holds: count === 0 };
}
