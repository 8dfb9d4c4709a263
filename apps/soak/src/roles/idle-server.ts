// A server whose connections do nothing behind one greeting byte: of core, or of `net` alone with the same settings, to
// compare what a connection costs.
import { once } from 'node:events';
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { createServer } from '@verb-tcp/core';
import { HOST } from '../dial.js';

export interface IdleServerSettings {
  kind: 'core' | 'net';
}

export interface IdleServer {
  listen(): Promise<number>;
  /** Connections open now, and bytes of memory of the process, settled. */
  look(): Promise<{ open: number; rss: number }>;
}

const GREETING = '.';
const LIMIT = 20_000;
/** Until the allocator has given back what the collection freed. */
const SETTLE_MILLISECONDS = 500;

export function idleServer({ kind }: IdleServerSettings): IdleServer {
  const listener = kind === 'core' ? coreServer() : netServer();
  return {
    listen: () => listener.listen(),
    async look() {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLISECONDS));
      globalThis.gc?.();
      return { open: listener.count(), rss: process.memoryUsage.rss() };
    },
  };
}

interface Listener {
  listen(): Promise<number>;
  count(): number;
}

function coreServer(): Listener {
  const server = createServer().withOptions({
    host: HOST,
    tcp: { maxConnections: LIMIT, onConnection: (socket) => void socket.write(GREETING) },
  });
  return { listen: async () => (await server.listen(0)).port, count: () => server.stats().open };
}

/** As one would write it by hand: the sockets are kept, and their errors end nobody. */
function netServer(): Listener {
  const sockets = new Set<Socket>();
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
  const server = createNetServer(options, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.write(GREETING);
  });
  return {
    async listen() {
      server.listen({ port: 0, host: HOST, backlog: 4096 });
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    count: () => sockets.size,
  };
}
