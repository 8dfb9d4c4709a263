// A connection that comes back: a series of live sockets, one at a time, with waits that spread and grow.
import type { Socket } from 'node:net';
import { onAbort } from './abort-listeners.js';
import { backoffDelay } from './backoff.js';
import { resolveReconnectOptions, type ConnectOptions, type ReconnectOptions } from './client-options.js';
import { checkTarget, connect } from './connect.js';
import { TCPError } from './errors.js';

/** What a dial function has to give: anything that tells when it is gone. Every `TCPSocket` does. */
export interface Dialled {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

/**
 * Live sockets, one after the other. The next one is dialled when the one before is gone and the loop asks for it: the
 * very first at once, every further one after a wait that grows with each try. A connection that lived less than
 * `stableAfter` counts as a try that failed, or a server that accepts and drops would be dialled at full speed.
 *
 * Leaving the loop, and `signal`, leave the last socket as it is.
 *
 * Throws `ERR_TCP_RECONNECT_EXHAUSTED` after `maxAttempts` tries in a row; `cause` is what ended the last one.
 *
 * @throws RangeError, TypeError for a wrong option
 * @example
 * for await (const socket of reconnecting({ port: 8080 })) await talk(socket);
 */
export function reconnecting(target: ConnectOptions, options?: ReconnectOptions): AsyncGenerator<Socket, void, void>;
export function reconnecting<S extends Dialled>(target: () => Promise<S>, options?: ReconnectOptions): AsyncGenerator<S, void, void>;
export function reconnecting(target: ConnectOptions | (() => Promise<Dialled>), options: ReconnectOptions = {}): AsyncGenerator<Dialled, void, void> {
  const resolved = resolveReconnectOptions(options);
  const { signal } = resolved;
  // Tried again and again, a wrong option would never be told.
  if (typeof target !== 'function') checkTarget(target);
  const dial = typeof target === 'function' ? target : () => connect(signal === undefined ? target : { signal, ...target });
  return series(dial, resolved);
}

async function* series(dial: () => Promise<Dialled>, options: ReturnType<typeof resolveReconnectOptions>): AsyncGenerator<Dialled, void, void> {
  const { signal, maxAttempts, stableAfter } = options;
  /** Tries since the last stable connection, and waits since then. */
  let attempts = 0;
  let waits = 0;
  let cause: unknown;
  for (let isFirst = true; !signal?.aborted; isFirst = false) {
    if (attempts === maxAttempts) {
      throw new TCPError('ERR_TCP_RECONNECT_EXHAUSTED', `no stable connection in ${attempts} tries`, { cause });
    }
    if (!isFirst && !(await passed(backoffDelay(++waits, options, Math.random()), signal))) return;
    attempts++;
    let socket: Dialled;
    try {
      socket = await dial();
    } catch (error) {
      cause = error;
      continue;
    }
    const since = performance.now();
    yield socket;
    if (!(await closed(socket, signal))) return;
    cause = new TCPError('ERR_TCP_CLOSED', 'the connection was lost');
    if (performance.now() - since < stableAfter) continue;
    attempts = 0;
    waits = 0;
  }
}

/** Settles after `delay` milliseconds with true, or with false once `signal` aborts. */
function passed(delay: number, signal: AbortSignal | undefined): Promise<boolean> {
  return unlessAborted(signal, (done) => {
    // Keeps the process alive: it waits in order to go on.
    const timer = setTimeout(done, delay);
    return () => clearTimeout(timer);
  });
}

/** Settles when the socket is gone with true, or with false once `signal` aborts. */
function closed(socket: Dialled, signal: AbortSignal | undefined): Promise<boolean> {
  if (socket.destroyed) return Promise.resolve(signal?.aborted !== true);
  return unlessAborted(signal, (done) => {
    socket.once('close', done);
    return () => socket.off('close', done);
  });
}

/** `wait` begins to wait for `done`, and gives what stops the wait. */
function unlessAborted(signal: AbortSignal | undefined, wait: (done: () => void) => () => void): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = wait(() => settle(true));
    const stopListening = onAbort(signal, () => settle(false));
    const settle = (isDone: boolean): void => {
      stop();
      stopListening();
      resolve(isDone);
    };
  });
}
