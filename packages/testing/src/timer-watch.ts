// The timers that were started while it watches, one by one, each with the place in the code that started it. Node lists
// timers by number only; its async hooks tell them apart. It patches nothing, and a fake clock's timers pass it by.
import { createHook, type AsyncHook } from 'node:async_hooks';

/** What a timer of Node's says of itself beyond its types. */
interface TimerFacts extends NodeJS.Timeout {
  readonly _repeat?: number | null;
  readonly _idleTimeout?: number;
  readonly _destroyed?: boolean;
}

interface Watched {
  timer: TimerFacts;
  /** Its stack is the place; formatted only when it is asked for. */
  origin: Error;
}

/** See the head of this file. */
export class TimerWatch {
  readonly #watched: Map<number, Watched> = new Map();
  readonly #hook: AsyncHook;

  /** Watches until `stop`. */
  constructor() {
    const init = (id: number, type: string, _trigger: number, resource: object): void => {
      if (type !== 'Timeout') return;
      const origin = new Error('started here');
      Error.captureStackTrace(origin, init);
      this.#watched.set(id, { timer: resource as TimerFacts, origin });
    };
    this.#hook = createHook({ init, destroy: (id) => this.#watched.delete(id) }).enable();
  }

  /** One line for each that is still to come and keeps the process alive. */
  running(): string[] {
    // One that was refreshed after its time has a second id.
    const byTimer = new Map([...this.#watched.values()].map((watched) => [watched.timer, watched]));
    return [...byTimer.values()].filter(({ timer }) => isRunning(timer)).map(describe);
  }

  /** Timers that start from here on are not seen. */
  stop(): void {
    this.#hook.disable();
  }
}

/** The hook hears of the end of a timer some turns late. */
function isRunning(timer: TimerFacts): boolean {
  return timer._destroyed !== true && timer.hasRef();
}

function describe({ timer, origin }: Watched): string {
  const { _repeat, _idleTimeout } = timer;
  const kind = typeof _repeat === 'number' ? 'interval' : 'timer';
  const [, ...frames] = (origin.stack ?? '').split('\n');
  const place = frames.find((frame) => !frame.includes('node:'))?.trim();
  return `${kind} of ${_idleTimeout} ms${place === undefined ? '' : ` started ${place}`}`;
}
