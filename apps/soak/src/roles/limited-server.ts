// A server of core in a process that may open few files: it says how many it lets in, and can use up the rest itself.
import { open, type FileHandle } from 'node:fs/promises';
import { createServer, type ServerStats } from '@verb-tcp/core';
import { HOST } from '../dial.js';

export interface LimitedServer {
  listen(): Promise<number>;
  stats(): ServerStats;
  /** How often `onRefuse` was called, by code: what an application sees. */
  refusalsSeen(): Record<string, number>;
  /** Opens files until the system gives no more, and says how many that were. */
  exhaust(): Promise<number>;
  /** Closes them again. */
  relent(): Promise<void>;
}

export function limitedServer(_settings: object): LimitedServer {
  const seen: Record<string, number> = {};
  const files: FileHandle[] = [];
  const server = createServer().withOptions({
    host: HOST,
    tcp: {
      onConnection: (socket) => {
        socket.write('.');
        socket.resume();
      },
      onRefuse: (reason) => (seen[reason] = (seen[reason] ?? 0) + 1),
    },
  });
  return {
    listen: async () => (await server.listen(0)).port,
    stats: () => server.stats(),
    refusalsSeen: () => seen,
    async exhaust() {
      try {
        for (;;) files.push(await open('/dev/null'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
      }
      return files.length;
    },
    async relent() {
      await Promise.all(files.splice(0).map((file) => file.close()));
    },
  };
}
