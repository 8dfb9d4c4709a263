// Calls back when a signal aborts: one listener on each signal, whatever number of streams waits for it. Where each had its
// own, Node would warn of the eleventh, and taking one out of a thousand would mean walking along them. It keeps no signal alive.

const callbacksOf = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `callback` once when `signal`, which has not aborted, does. Gives what takes it back. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = callbacksOf.get(signal);
  if (callbacks === undefined) callbacksOf.set(signal, (callbacks = new Set()));
  if (callbacks.size === 0) signal.addEventListener('abort', tellAll, { once: true });
  callbacks.add(callback);
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) signal.removeEventListener('abort', tellAll);
  };
}

function tellAll(this: AbortSignal): void {
  const callbacks = callbacksOf.get(this);
  if (callbacks === undefined) return;
  const all = [...callbacks];
  callbacks.clear();
  for (const callback of all) callback();
}
