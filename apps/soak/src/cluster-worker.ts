// A worker of the `cluster` scenario: an echo server of core on the shared port, with few places. Started by node:cluster;
// answers whatever message it gets with its counts.
import { createServer } from '@verb-tcp/core';
import { HOST } from './dial.js';

const [port, maxConnections] = process.argv.slice(2).map(Number) as [number, number];

const server = createServer().withOptions({
  host: HOST,
  tcp: {
    maxConnections,
    onConnection: (socket) => {
      socket.write('.');
      socket.pipe(socket);
    },
  },
});

process.on('message', () => process.send?.(server.stats()));
await server.listen(port);
process.send?.('listening');
