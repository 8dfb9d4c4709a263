// Bytes that this process holds for objects and buffers, once it has thrown away what nobody needs.

/** Takes two collections and a turn: the second takes what finalizers of the first let go. */
export async function heldBytes(): Promise<number> {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
