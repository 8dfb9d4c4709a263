// Much work, a bounded part of it at once: a load generator that begins everything at once measures itself.

export const IN_FLIGHT = 256;

/** Runs `work` for 0 … count − 1, at most `inFlight` at once, and settles when all is done. */
export async function ramp(count: number, work: (index: number) => Promise<void>, inFlight = IN_FLIGHT): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane));
}
