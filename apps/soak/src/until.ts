// Waiting for counters that have no event: a server's `stats()`, mostly.

const LOOK_EVERY_MILLISECONDS = 5;
/** Far above what anything waited for here takes: it hangs. */
const DEADLINE_MILLISECONDS = 60_000;

/** Settles once `condition` holds; rejects after a minute, or `deadline`, with `what`, which says how things stand. */
export async function until(condition: () => boolean, what: () => string, deadline = DEADLINE_MILLISECONDS): Promise<void> {
  const begunAt = performance.now();
  while (!condition()) {
    if (performance.now() - begunAt > deadline) throw new Error(`never came true: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MILLISECONDS));
  }
}
