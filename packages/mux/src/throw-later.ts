// What the application's own callback or listener throws is its own, and no reason to leave out what is to be done here.

/** Throws it where nothing of ours is under way. */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
