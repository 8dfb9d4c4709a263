// One listener on an AbortSignal for all who wait for it here. Each with a listener of its own would do for a few; of one
// signal for a thousand connections Node warns, and taking one listener out of a thousand means walking along them.

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `callback` once when `signal` aborts; not for one that has. Gives what takes it back. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    callbacks = new Set();
    waiting.set(signal, callbacks);
  }
  if (callbacks.size === 0) signal.addEventListener('abort', callAll, { once: true });
  callbacks.add(callback);
  return () => {
    if (callbacks.delete(callback) && callbacks.size === 0) signal.removeEventListener('abort', callAll);
  };
}

function callAll(this: AbortSignal): void {
  const callbacks = waiting.get(this);
  if (callbacks === undefined) return;
  const all = [...callbacks];
  callbacks.clear();
  for (const callback of all) callback();
}
