// The one clock that all processes of a machine share, so that one can say when it sent and another how late it came.

/** Microseconds since some moment of the machine's own. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
