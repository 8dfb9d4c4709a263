// What single calls take, and the checks of it; those of the multiplexer are in `options.ts`.

const MAX_INT32 = 2 ** 31 - 1;

/** What `openStream` takes. */
export interface OpenStreamOptions {
  /** Aborting destroys the stream with the signal's reason; one that has aborted already throws it. */
  signal?: AbortSignal | undefined;
  /** Whether our direction stays open after the peer's end. @defaultValue false */
  allowHalfOpen?: boolean | undefined;
}

/** What `handle` takes for the streams of its type. */
export interface HandleOptions {
  /** Whether a stream stays writable after the peer's end, so that its answer can follow. @defaultValue the multiplexer's */
  allowHalfOpen?: boolean | undefined;
}

/** What `close` takes: milliseconds, `Infinity` for no end. @throws RangeError */
export function checkDrainTimeout(timeout: number): void {
  if (typeof timeout === 'number' && (timeout === Infinity || (timeout >= 0 && timeout <= MAX_INT32))) return;
  throw new RangeError(`timeout must be a number from 0 to ${MAX_INT32} or Infinity, got ${timeout}`);
}

/** What goes over the wire with a go-away or a reset. @throws RangeError or TypeError */
export function checkWireCode(code: number, reason: string): void {
  if (!Number.isInteger(code) || code < 0 || code > 0xffffffff) throw new RangeError(`code must be an integer from 0 to 4294967295, got ${code}`);
  if (typeof reason !== 'string') throw new TypeError(`reason must be a string, got ${typeof reason}`);
}
