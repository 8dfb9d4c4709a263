// Ends a server when the process is told to stop: a notice to every connection, time to finish, then the deadline.
import { constants } from 'node:os';
import type { DrainOptions, DrainReport } from './drain.js';
import { checkNotice, resolveManagerOptions, type ResolvedManagerOptions, type TCPServerManagerOptions } from './options.js';

/** What the manager needs of a server: a `TCPServer`, or several behind one `shutdown`. */
export interface ManagedServer {
  shutdown(options?: DrainOptions): Promise<DrainReport>;
}

/**
 * Shuts a server down on `SIGTERM` and `SIGINT`, or when asked.
 *
 * Every connection is sent `{"type":"server_shutdown","message":"Server is shutting down","gracePeriod":30000}` through
 * `encode`, has 80 % of the period to finish by itself, then our direction ends, and what is left at the end of the
 * period is destroyed. A second signal destroys it at once.
 *
 * @example
 * const manager = new TCPServerManager(app, { gracePeriod: 10_000, exit: false });
 * const { drained, forced } = await manager.gracefulShutdown();
 */
export class TCPServerManager {
  readonly #server: ManagedServer;
  readonly #options: ResolvedManagerOptions;
  readonly #notice: Uint8Array | string;
  #shutdown: Promise<DrainReport> | undefined;
  #exitCode = 0;

  /** @throws RangeError, TypeError for a wrong option */
  constructor(server: ManagedServer, options: TCPServerManagerOptions = {}) {
    this.#server = server;
    this.#options = resolveManagerOptions(options);
    const { gracePeriod, encode } = this.#options;
    this.#notice = encode({
      type: 'server_shutdown',
      message: 'Server is shutting down',
      gracePeriod: Number.isFinite(gracePeriod) ? gracePeriod : null,
    });
    checkNotice(this.#notice);
    for (const signal of this.#options.signals) process.on(signal, this.#onSignal);
  }

  /** Begins the shutdown, or joins the one under way. With `exit` the process ends right after it settled. */
  gracefulShutdown(): Promise<DrainReport> {
    this.#shutdown ??= this.#run();
    return this.#shutdown;
  }

  async #run(): Promise<DrainReport> {
    const { gracePeriod, exit } = this.#options;
    try {
      return await this.#server.shutdown({ gracePeriod, notice: this.#notice });
    } finally {
      for (const signal of this.#options.signals) process.off(signal, this.#onSignal);
      // Whoever awaits the report gets a turn to look at it first.
      // oxlint-disable-next-line unicorn/no-process-exit -- it is what the option asks for
      if (exit) setImmediate(() => process.exit(this.#exitCode));
    }
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#shutdown === undefined) {
      void this.gracefulShutdown();
    } else {
      this.#exitCode = 128 + constants.signals[signal];
      void this.#server.shutdown({ gracePeriod: 0 });
    }
  };
}
