// `node:net` and `node:tls`, as far as the tests of framing-json use them: real servers and real connections, and where those
// hand out a socket, here it is a stream of a multiplexer over that socket. A peer that knows no mux (its first byte is no
// frame of ours) is served all the same, by a bridge. The tests put it in the place of the two modules.
import { EventEmitter } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { socketPair } from '@verb-tcp/testing';
import type { TCPSocket } from '@verb-tcp/socket';
import { TCPStreamMultiplexer, type StreamHandler } from '../src/index.js';

// Not by import: that is what is replaced.
const net = process.getBuiltinModule('node:net');
const tls = process.getBuiltinModule('node:tls');

type Accept = (stream: StreamHandler) => void;

class MuxServer extends EventEmitter {
  readonly #server: Server;

  constructor(server: Server, event: 'connection' | 'secureConnection', accept: Accept | undefined) {
    super();
    this.#server = server;
    if (accept !== undefined) this.on('connection', accept);
    for (const name of ['listening', 'close']) server.on(name, () => this.emit(name));
    server.on(event, (socket: Socket) => {
      socket.on('error', () => {});
      socket.once('readable', () => {
        const bytes = socket.read() as Buffer | null;
        if (bytes === null) return void socket.end();
        socket.unshift(bytes);
        this.#serve(bytes[0] === 0 ? socket : bridge(socket));
      });
    });
  }

  #serve(carrier: TCPSocket): void {
    new TCPStreamMultiplexer(carrier, { role: 'server' }).on('stream', (stream) => this.emit('connection', stream));
  }

  address(): string | AddressInfo | null {
    return this.#server.address();
  }

  listen(...where: unknown[]): this {
    this.#server.listen(...(where as [number, string]));
    return this;
  }

  close(): this {
    this.#server.close();
    return this;
  }
}

/** Carries a socket over a stream; gives the socket at whose end that stream comes out. */
function bridge(socket: Socket): TCPSocket {
  const [near, far] = socketPair();
  const mux = new TCPStreamMultiplexer(near, { role: 'client' });
  const stream = mux.openStream('bridge', {}, { allowHalfOpen: true });
  socket.pipe(stream).pipe(socket);
  stream.once('close', () => void mux.close());
  return far;
}

/** The one stream of a connection of its own. */
function dial(carrier: Socket, connected: 'connect' | 'secureConnect'): StreamHandler {
  const mux = new TCPStreamMultiplexer(carrier, { role: 'client' });
  const stream = mux.openStream('socket');
  carrier.once(connected, () => stream.emit('connect'));
  stream.once('close', () => void mux.close());
  return stream;
}

const server = (make: typeof net.createServer, event: 'connection' | 'secureConnection', args: unknown[]): MuxServer => {
  const accept = args.find((arg) => typeof arg === 'function') as Accept | undefined;
  return new MuxServer(make(args.find((arg) => typeof arg === 'object') ?? {}), event, accept);
};

export const createConnection = (...args: unknown[]): StreamHandler => dial(net.createConnection(...(args as [number, string])), 'connect');
/** With or without options before the listener, as in `node:net` and `node:tls`. */
export const createServer = (...args: unknown[]): MuxServer => server(net.createServer, 'connection', args);
export const createTLSServer = (...args: unknown[]): MuxServer => server(tls.createServer as typeof net.createServer, 'secureConnection', args);
export const connectTLS = (...args: unknown[]): StreamHandler => dial(tls.connect(...(args as [number, string])), 'secureConnect');
