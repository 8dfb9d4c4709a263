// The application's handlers, run so that none of them can end the process or skip the next one's turn.
import { TCPError } from './errors.js';
import { handlerNames, type TCPOptions } from './options.js';
import type { TCPHandlers } from './tcp-handlers.js';

type HandlerLists = { [K in keyof TCPHandlers]-?: NonNullable<TCPHandlers[K]>[] };

/** Handlers of every `withOptions` call, in order. */
export class Handlers {
  readonly #lists: HandlerLists = {
    onConnection: [],
    onDisconnect: [],
    accept: [],
    onRefuse: [],
    onError: [],
    onListening: [],
    onClose: [],
  };

  /** Adds the handlers among `options`, which are checked already. */
  add(options: TCPOptions): void {
    for (const name of handlerNames) {
      const handler = options[name];
      if (handler !== undefined) (this.#lists[name] as unknown[]).push(handler);
    }
  }

  has(name: keyof TCPHandlers): boolean {
    return this.#lists[name].length > 0;
  }

  get accept(): HandlerLists['accept'] {
    return this.#lists.accept;
  }

  /**
   * Runs each handler of this name. Where one of `onConnection` throws, the round ends: the connection is over, and those
   * behind it count on its work. A rejection comes when it comes. Both reach `onFailure`, wrapped.
   */
  run<K extends Exclude<keyof TCPHandlers, 'accept' | 'onError'>>(
    name: K,
    values: Parameters<NonNullable<TCPHandlers[K]>>,
    onFailure: (error: TCPError) => void,
  ): void {
    for (const handler of this.#lists[name] as ((...values: unknown[]) => unknown)[]) {
      try {
        const result = handler(...values);
        if (isPromiseLike(result)) {
          result.then(undefined, (cause: unknown) => onFailure(handlerFailed(name, cause)));
        }
      } catch (cause) {
        onFailure(handlerFailed(name, cause));
        if (name === 'onConnection') return;
      }
    }
  }

  /** Tells `onError`. Where nobody listens, or a listener fails itself, the process prints a warning and lives. */
  report(error: Error): void {
    if (this.#lists.onError.length === 0) warn(error);
    for (const handler of this.#lists.onError) {
      try {
        const result = handler(error);
        if (isPromiseLike(result)) result.then(undefined, (cause: unknown) => warn(handlerFailed('onError', cause)));
      } catch (cause) {
        warn(handlerFailed('onError', cause));
      }
    }
  }
}

/** What a handler, or a listener of a socket, threw. */
export function handlerFailed(name: string, cause: unknown): TCPError {
  return new TCPError('ERR_TCP_HANDLER_FAILED', `${name} failed: ${textOf(cause)}`, { cause });
}

function textOf(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause);
  } catch {
    // Without a prototype, or with a `toString` that throws.
    return 'it threw what has no text';
  }
}

/** Prints a warning, where there is nobody to tell. */
export function warn(error: Error): void {
  const detail = error.cause instanceof Error ? error.cause.stack : error.stack;
  process.emitWarning(error.message, {
    type: 'VerbTCPWarning',
    code: (error as NodeJS.ErrnoException).code ?? 'ERR_TCP_HANDLER_FAILED',
    ...(detail === undefined ? {} : { detail }),
  });
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
