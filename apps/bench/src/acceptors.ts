// The ways of taking connections that are compared: bare `net`, what a real server cannot do without on top of it, and
// core. All set their sockets up alike; what is then done with a socket is the same function for all.
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { createServer } from '@verb-tcp/core';

export interface Acceptor {
  settings: string;
  /** Listens on a port of the system's choice, on all IPv4 addresses: core's default. */
  listen(onSocket: (socket: Socket) => void): Promise<Door>;
}

/** A server that listens. */
export interface Door {
  port: number;
  /** Lets nobody in any more; settles once all who are in have gone. */
  close(): Promise<void>;
}

/** Core's defaults, said aloud. */
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, highWaterMark: 65_536 };
const listenOptions = { port: 0, host: '0.0.0.0', backlog: 4096 };

function listenBare(onSocket: (socket: Socket) => void): Promise<Door> {
  const server = createNetServer(socketOptions, onSocket);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listenOptions, () => {
      const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()));
      resolve({ port: (server.address() as AddressInfo).port, close });
    });
  });
}

interface Addresses {
  remoteAddress: string | undefined;
  remotePort: number | undefined;
  localAddress: string | undefined;
  localPort: number | undefined;
}

function addressesOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): Addresses {
  return { remoteAddress, remotePort, localAddress, localPort };
}

const ignore = (): void => {};

const addressesRead: Acceptor = {
  settings: 'and remoteAddress, remotePort, localAddress, localPort kept of each: a reset makes sockets forget them',
  listen(onSocket) {
    const infos = new WeakMap<Socket, Addresses>();
    return listenBare((socket) => {
      infos.set(socket, addressesOf(socket));
      onSocket(socket);
    });
  },
};

const errorsAndSet: Acceptor = {
  settings: "and a listener of 'error', and a Set of those who are in, left at 'close'",
  listen(onSocket) {
    const open = new Set<Socket>();
    return listenBare((socket) => {
      open.add(socket);
      socket.on('error', ignore);
      socket.on('close', () => open.delete(socket));
      onSocket(socket);
    });
  },
};

const both: Acceptor = {
  settings: 'both of these, one Map in place of the Set',
  listen(onSocket) {
    const open = new Map<Socket, Addresses>();
    return listenBare((socket) => {
      open.set(socket, addressesOf(socket));
      socket.on('error', ignore);
      socket.on('close', () => open.delete(socket));
      onSocket(socket);
    });
  },
};

const core: Acceptor = {
  settings: 'createServer().withOptions({ tcp: { onConnection } }), defaults',
  async listen(onSocket) {
    const server = createServer().withOptions({ tcp: { onConnection: onSocket } });
    const { port } = await server.listen();
    return { port, close: () => server.close() };
  },
};

export const acceptors = {
  'net': {
    settings: 'createServer({ noDelay, keepAlive, keepAliveInitialDelay: 60 000, highWaterMark: 64 Ki }), backlog 4096',
    listen: listenBare,
  },
  'net, addresses': addressesRead,
  'net, errors': errorsAndSet,
  'net, both': both,
  'core': core,
} as const satisfies Record<string, Acceptor>;

export type AcceptorName = keyof typeof acceptors;
export const acceptorNames = Object.keys(acceptors) as AcceptorName[];
