// Trying again: which errors are worth it, how long to wait, and when to give up. It knows nothing of files.
import { FileTransferError } from './errors.js';

export interface AttemptsSettings {
  /** Milliseconds before each new try. */
  readonly retries: readonly number[];
  readonly signal: AbortSignal | undefined;
  /** Whether the same again may work. */
  isWorthwhile(error: FileTransferError): boolean | Promise<boolean>;
  /** Told before it waits. */
  onRetry(error: FileTransferError): void;
  /** How far it has ever come: a try that came farther than all before it gives all retries back. */
  reached(): number;
  /** Whether it came too early only, and has waited for its turn by now: that is no failure. */
  giveWay(error: FileTransferError): Promise<boolean>;
  /** Settles after so many milliseconds, or when waiting is of no use any more. */
  pause(milliseconds: number): Promise<void>;
}

/** Runs `attempt` until it succeeds or nothing helps. @throws {FileTransferError} The error of the last try. */
export async function attempts<T>(attempt: (count: number) => Promise<T>, settings: AttemptsSettings): Promise<T> {
  const { retries, signal } = settings;
  let count = 0;
  let failures = 0;
  let farthest = 0;
  for (;;) {
    if (signal?.aborted) throw cancelledBy(signal);
    try {
      return await attempt(count);
    } catch (error) {
      if (signal?.aborted) throw cancelledBy(signal);
      if (!(error instanceof FileTransferError)) throw error;
      if (await settings.giveWay(error)) continue;
      const reached = settings.reached();
      if (reached > farthest) failures = 0;
      farthest = Math.max(farthest, reached);
      const wait = retries[failures++];
      if (wait === undefined || !(await settings.isWorthwhile(error))) throw error;
      settings.onRetry(error);
      await settings.pause(wait * (1 + Math.random() / 4));
      count++;
    }
  }
}

export function cancelledBy(signal: AbortSignal): FileTransferError {
  return new FileTransferError('ERR_FILE_CANCELLED', 'the transfer was cancelled', { cause: signal.reason });
}
