// The primary of a cluster whose workers are servers of core. It does nothing but hand over connections, and measures what
// that costs.
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { ServerStats } from '@verb-tcp/core';
import { HOST } from '../dial.js';
import { commandFor } from '../program.js';

export interface ClusterSettings {
  workers: number;
  maxConnections: number;
}

export interface ClusterPrimary {
  listen(): Promise<number>;
  stats(): Promise<ServerStats[]>;
  /** Microseconds of CPU that this process has used. */
  cpu(): number;
  close(): Promise<void>;
}

export function clusterPrimary({ workers: count, maxConnections }: ClusterSettings): ClusterPrimary {
  let workers: Worker[] = [];
  return {
    async listen() {
      const port = await freePort();
      const [, ...nodeArgs] = commandFor('cluster-worker');
      const entry = nodeArgs.pop() as string;
      cluster.setupPrimary({ exec: entry, execArgv: nodeArgs, args: [String(port), String(maxConnections)] });
      workers = Array.from({ length: count }, () => cluster.fork());
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      return port;
    },
    stats: () =>
      Promise.all(
        workers.map(async (worker) => {
          worker.send('stats');
          const [stats] = (await once(worker, 'message')) as [ServerStats];
          return stats;
        }),
      ),
    cpu() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    async close() {
      await Promise.all(
        workers.map((worker) => {
          const exited = once(worker, 'exit');
          worker.kill('SIGKILL');
          return exited;
        }),
      );
    },
  };
}

/** A cluster shares by the port that was asked for, so it cannot be 0. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
