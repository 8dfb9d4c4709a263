// Trying again: which errors are worth it, how long to wait, and when to give up. It knows nothing of files.
import { setTimeout as delay } from 'node:timers/promises';
import { FileTransferError } from './errors.js';

export interface AttemptsSettings {
  /** Milliseconds before each new try. */
  readonly retries: readonly number[];
  readonly signal: AbortSignal | undefined;
  /** Whether the same again may work. */
  isWorthwhile(error: FileTransferError): boolean | Promise<boolean>;
  /** Told before it waits. */
  onRetry(error: FileTransferError): void;
}

/** Runs `attempt` until it succeeds or nothing helps. @throws {FileTransferError} The error of the last try. */
export async function attempts<T>(attempt: (count: number) => Promise<T>, settings: AttemptsSettings): Promise<T> {
  const { retries, signal } = settings;
  for (let count = 0; ; count++) {
    if (signal?.aborted) throw cancelledBy(signal);
    try {
      return await attempt(count);
    } catch (error) {
      if (signal?.aborted) throw cancelledBy(signal);
      const wait = retries[count];
      const known = error instanceof FileTransferError ? error : undefined;
      if (wait === undefined || known === undefined || !(await settings.isWorthwhile(known))) throw error;
      settings.onRetry(known);
      await delay(wait * (1 + Math.random() / 4), undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }
}

export function cancelledBy(signal: AbortSignal): FileTransferError {
  return new FileTransferError('ERR_FILE_CANCELLED', 'the transfer was cancelled', { cause: signal.reason });
}
