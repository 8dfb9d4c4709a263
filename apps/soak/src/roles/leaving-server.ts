// A server that drops whom it accepts, or that goes away for a while and comes back on the same port.
import { createServer, type TCPServer } from '@verb-tcp/core';
import { HOST } from '../dial.js';

export interface LeavingServerSettings {
  /** End every connection as soon as it has come. */
  drops: boolean;
}

export interface LeavingServer {
  listen(): Promise<number>;
  accepted(): number;
  /** Cuts everybody and stops listening. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

export function leavingServer({ drops }: LeavingServerSettings): LeavingServer {
  let port = 0;
  const server: TCPServer = createServer().withOptions({
    host: HOST,
    tcp: { onConnection: (socket) => (drops ? socket.end() : socket.resume()) },
  });
  return {
    async listen() {
      ({ port } = await server.listen(0));
      return port;
    },
    accepted: () => server.stats().accepted,
    async leave() {
      await server.shutdown({ gracePeriod: 0 });
    },
    async comeBack() {
      await server.listen(port);
    },
  };
}
