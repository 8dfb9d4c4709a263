// The end of the servers: on the first signal they drain together, in bounded time; a second one cuts what is left.
import { constants } from 'node:os';
import { TCPServerManager, type DrainOptions, type DrainReport, type TCPServer } from '@verb-tcp/core';
import type { Log } from './log.js';

/** Leaves room for a runner in front of us within the three seconds that a person waits without a second thought. */
const GRACE_PERIOD = 2000;
/** SIGHUP: the terminal was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/**
 * One press of Ctrl-C may come several times: the terminal signals every process of its group, and pnpm and npm, which
 * are in it, hand the signal on to us once more. What comes this soon (ms) after the first is the same press.
 */
const SAME_PRESS = 100;

export interface DrainableServers {
  /** They must not send a shutdown notice: nothing frames their bytes, or their frames have no message for it. */
  readonly plain: readonly TCPServer[];
  /** Their clients read JSON messages: they get the notice. */
  readonly framed: readonly TCPServer[];
}

/** Settles with the exit code once a signal came and every connection has ended: 0, or 128 + the signal that forced it. */
export function drainOnSignal({ plain, framed }: DrainableServers, log: Log): Promise<number> {
  const all = {
    connectionCount: () => [...plain, ...framed].reduce((total, { connections }) => total + connections.size, 0),
    shutdown: async ({ gracePeriod, notice }: DrainOptions = {}) =>
      sum(
        await Promise.all([
          ...plain.map((server) => server.shutdown({ gracePeriod })),
          ...framed.map((server) => server.shutdown({ gracePeriod, notice })),
        ]),
      ),
  };
  const manager = new TCPServerManager(all, { gracePeriod: GRACE_PERIOD, signals: [], exit: false });
  return new Promise((resolve, reject) => {
    let beganAt: number | undefined;
    let exitCode = 0;

    const stop = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (beganAt === undefined) {
        beganAt = now;
        const open = plural(all.connectionCount(), 'connection');
        log.info(`Stopping: ${open}, at most ${GRACE_PERIOD / 1000} s (press Ctrl-C again to force)`);
        manager.gracefulShutdown().then((report) => {
          log.info(`Stopped: ${report.drained} ended by themselves, ${report.forced} cut`);
          resolve(exitCode);
        }, reject);
      } else if (now - beganAt > SAME_PRESS) {
        exitCode = 128 + constants.signals[signal];
        void all.shutdown({ gracePeriod: 0 });
      }
    };

    for (const signal of SIGNALS) process.on(signal, stop);
    // A runner that holds a channel to us and is killed cannot pass a signal on; the channel tells all the same.
    process.on('disconnect', () => stop('SIGTERM'));
  });
}

function sum(reports: readonly DrainReport[]): DrainReport {
  return {
    drained: reports.reduce((total, { drained }) => total + drained, 0),
    forced: reports.reduce((total, { forced }) => total + forced, 0),
    unflushedBytes: reports.reduce((total, { unflushedBytes }) => total + unflushedBytes, 0),
    duration: Math.max(...reports.map(({ duration }) => duration)),
  };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
