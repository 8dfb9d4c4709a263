// Sockets as every contender gets them: loopback, no Nagle delay, 64 KiB marks at both ends (Node 20 has 16 KiB).
import { on, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

const HOST = '127.0.0.1';
const highWaterMark = 64 * 1024;

export interface Listener {
  port: number;
  /** The next client, also one that has come already. */
  accept(): Promise<Socket>;
  close(): void;
}

export async function listen(): Promise<Listener> {
  const server = createServer({ noDelay: true, highWaterMark });
  const connections = on(server, 'connection');
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async accept() {
      const { value } = await connections.next();
      return (value as [Socket])[0];
    },
    close: () => void server.close(),
  };
}

export async function dial(port: number): Promise<Socket> {
  // `highWaterMark` reaches the stream below, though the types of `connect` do not name it.
  const options = { port, host: HOST, noDelay: true, highWaterMark };
  const socket = connect(options);
  await once(socket, 'connect');
  return socket;
}
