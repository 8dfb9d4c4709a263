// Clients that connect, one behind the other, and then do nothing.
import { connectMany, type ManyConnections } from '@verb-tcp/testing';
import { IN_FLIGHT } from '../ramp.js';

export interface IdleClients {
  /** How many the server took, and why not the others. */
  connect(port: number, count: number): Promise<{ accepted: number; refusals: Readonly<Record<string, number>> }>;
  /** How many are still connected. */
  held(): number;
}

export function idleClients(_settings: object): IdleClients {
  let load: ManyConnections | undefined;
  return {
    async connect(port, count) {
      load = await connectMany({ port }, count, { inFlight: IN_FLIGHT });
      // Or an end of the server's would never be noticed.
      for (const socket of load.sockets) socket.resume();
      return { accepted: load.accepted, refusals: load.refusals };
    },
    held: () => load?.sockets.filter(({ destroyed, readyState }) => !destroyed && readyState === 'open').length ?? 0,
  };
}
