// Clients that all connect in one turn of the event loop.
import { begin, closed } from '../dial.js';
import { SERVED } from './burst-server.js';

export interface BurstOutcome {
  served: number;
  /** What the others ended with, and how many. */
  lost: Record<string, number>;
}

export interface BurstClients {
  burst(port: number, count: number): Promise<BurstOutcome>;
}

export function burstClients(_settings: object): BurstClients {
  return {
    async burst(port, count) {
      const outcome: BurstOutcome = { served: 0, lost: {} };
      const clients = Array.from({ length: count }, () => begin({ port }));
      await Promise.all(
        clients.map(async (client) => {
          let text = '';
          let error = 'closed';
          client.on('data', (bytes: Buffer) => (text += bytes.toString()));
          client.on('error', ({ code }: NodeJS.ErrnoException) => (error = code ?? error));
          await closed(client);
          if (text === SERVED) outcome.served++;
          else outcome.lost[error] = (outcome.lost[error] ?? 0) + 1;
        }),
      );
      return outcome;
    },
  };
}
