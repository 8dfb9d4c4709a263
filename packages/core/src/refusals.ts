// Decides who may not come in, and makes every refusal visible: counted by code and told to `onRefuse`.
import type { Connection } from './connection.js';
import { type TCPError } from './errors.js';
import { handlerFailed, isPromiseLike, type Handlers } from './handlers.js';
import type { ConnectionInfo, Verdict } from './options.js';

/** Codes of verdicts come from the application; past this many different ones they are counted together. */
const MAX_CODES = 64;
const OTHER = 'other';

export class Refusals {
  readonly #handlers: Handlers;
  readonly #counts = new Map<string, number>();
  total = 0;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
  }

  byCode(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  /** Whether the connection may come in; where not, it is destroyed, counted and told. `refusal` gives the server's own reason. */
  admit(connection: Connection, refusal: () => string | undefined, onFailure: (error: TCPError) => void): boolean {
    let verdict: Verdict | undefined;
    let reason = refusal();
    if (reason === undefined && this.#handlers.accept.length > 0) {
      try {
        verdict = this.#ask(connection.info);
        // Asked again: `accept` may have begun a shutdown.
        reason = verdict.ok ? refusal() : (verdict.code ?? 'ERR_TCP_NOT_ACCEPTED');
      } catch (cause) {
        // Whoever guards the door failed: nobody comes in unasked.
        reason = 'ERR_TCP_HANDLER_FAILED';
        onFailure(handlerFailed('accept', cause));
      }
    }
    if (reason === undefined) return true;
    connection.socket.destroy();
    this.#count(reason);
    this.#handlers.run('onRefuse', verdict ? [reason, connection.info, verdict] : [reason, connection.info], onFailure);
    return false;
  }

  /** The first verdict that is no, or the last one. */
  #ask(info: ConnectionInfo): Verdict {
    let verdict: Verdict = { ok: true };
    for (const accept of this.#handlers.accept) {
      const answer: unknown = accept(info);
      verdict = typeof answer === 'boolean' ? { ok: answer } : checkVerdict(answer);
      if (!verdict.ok) break;
    }
    return verdict;
  }

  #count(reason: string): void {
    this.total++;
    const code = this.#counts.has(reason) || this.#counts.size < MAX_CODES ? reason : OTHER;
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
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
