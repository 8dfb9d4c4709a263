// How long to wait before the next try. Pure: the randomness comes in. Source: AWS Architecture Blog, "Exponential Backoff
// And Jitter": of the three shapes described there, full jitter causes the least total work and no herd.

export interface BackoffOptions {
  readonly initialDelay: number;
  readonly maxDelay: number;
  readonly factor: number;
  readonly jitter: 'full' | 'none';
}

/**
 * Milliseconds to wait after `failures` failures in a row (from 1): `initialDelay · factor^(failures − 1)`, at most
 * `maxDelay`, times `random` (from 0 to 1) where there is full jitter.
 */
export function backoffDelay(failures: number, options: BackoffOptions, random: number): number {
  const ceiling = Math.min(options.maxDelay, options.initialDelay * options.factor ** (failures - 1));
  return options.jitter === 'full' ? random * ceiling : ceiling;
}
