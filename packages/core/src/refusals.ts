// Decides with the application who may come in, and makes every refusal visible: counted by code, told to `onRefuse`, and
// to whoever listens on the channel.
import { refuseChannel } from './channels.js';
import type { ConnectionInfo } from './connection-info.js';
import type { TCPError } from './errors.js';
import { handlerFailed, isPromiseLike, type Handlers } from './handlers.js';
import type { Verdict } from './tcp-handlers.js';

/** Codes of verdicts come from the application; past this many different ones they are counted together. */
const MAX_CODES = 64;
const OTHER = 'other';

/** Why a connection may not come in. */
export interface Refusal {
  reason: string;
  verdict?: Verdict | undefined;
  /** What failed, where more is known than the code. */
  error?: Error | undefined;
}

export class Refusals {
  readonly #handlers: Handlers;
  readonly #onFailure: (error: TCPError) => void;
  readonly #counts = new Map<string, number>();
  total = 0;

  constructor(handlers: Handlers, onFailure: (error: TCPError) => void) {
    this.#handlers = handlers;
    this.#onFailure = onFailure;
  }

  byCode(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  /** Asks `accept`. Gives why not, or `undefined`. */
  ask(info: ConnectionInfo): Refusal | undefined {
    if (this.#handlers.accept.length === 0) return undefined;
    try {
      for (const accept of this.#handlers.accept) {
        const answer: unknown = accept(info);
        const verdict = typeof answer === 'boolean' ? { ok: answer } : checkVerdict(answer);
        if (!verdict.ok) return { reason: verdict.code ?? 'ERR_TCP_NOT_ACCEPTED', verdict };
      }
      return undefined;
    } catch (cause) {
      // Whoever guards the door failed: nobody comes in unasked.
      const error = handlerFailed('accept', cause);
      this.#onFailure(error);
      return { reason: error.code, error };
    }
  }

  /** Counts and tells. The connection is the caller's to destroy. */
  note(info: ConnectionInfo, { reason, verdict, error }: Refusal): void {
    this.total++;
    const code = this.#counts.has(reason) || this.#counts.size < MAX_CODES ? reason : OTHER;
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    if (refuseChannel.hasSubscribers) refuseChannel.publish({ info, reason, verdict, error });
    this.#handlers.run('onRefuse', error ? [reason, info, verdict, error] : verdict ? [reason, info, verdict] : [reason, info], this.#onFailure);
  }
}

/** A promise is no verdict: taken for a yes it would let everybody in. */
function checkVerdict(answer: unknown): Verdict {
  if (typeof (answer as Verdict | undefined)?.ok === 'boolean') return answer as Verdict;
  // It is refused already: a rejection to come says nothing more.
  if (isPromiseLike(answer)) answer.then(undefined, () => {});
  throw new TypeError(`accept must give a boolean or { ok: boolean, … } at once, got ${describe(answer)}`);
}

function describe(answer: unknown): string {
  return isPromiseLike(answer) ? 'a promise' : String(answer);
}
