// A server of core that serves whoever comes, and ends.
import { createServer, type ServerStats } from '@verb-tcp/core';
import { HOST } from '../dial.js';
import { until } from '../until.js';

export const SERVED = 'served\n';

export interface BurstServer {
  listen(): Promise<number>;
  /** Once nobody is left. */
  stats(): Promise<ServerStats>;
}

export function burstServer(_settings: object): BurstServer {
  const server = createServer().withOptions({ host: HOST, tcp: { onConnection: (socket) => socket.end(SERVED) } });
  return {
    listen: async () => (await server.listen(0)).port,
    async stats() {
      await until(() => server.stats().open === 0, () => `nobody is left, ${server.stats().open} are open`);
      return server.stats();
    },
  };
}
