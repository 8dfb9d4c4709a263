// The mux gateway: one connection of a client carries any number of conversations, each a stream of its own with the echo
// server or the chat server. They are the same ones that have ports: to them a stream is a socket like any other.
import { createServer, ServerProtocol, type TCPServer } from '@verb-tcp/core';
import { TCPStreamMultiplexer } from '@verb-tcp/mux';
import { isListenError } from '../listen.js';
import type { Log } from '../log.js';
import { printable } from '../printable.js';
import type { TCPMessageServer } from './chat.js';
import { echo } from './echo.js';

export interface GatewayOptions {
  log?: Log | undefined;
}

/** A hundred people behind one connection are an office; a thousand are harm. */
const MAX_STREAMS = 100;

/** A server that still has to be told `listen(port, host)`. Its streams of type `chat` join those who are in `chat` already. */
export function createGateway(chat: TCPMessageServer, { log = console }: GatewayOptions = {}): TCPServer {
  return createServer(ServerProtocol.TCP).withOptions({
    tcp: {
      // The mux pings who is silent, where the peer knows that; keep-alive finds the others.
      timeout: 0,
      onConnection: (socket, { id, remoteAddress = 'unknown', remotePort = id }) => {
        const name = `Mux client ${remoteAddress}:${remotePort}`;
        log.info(`${name} connected`);
        const mux = new TCPStreamMultiplexer(socket, { role: 'server', maxStreams: MAX_STREAMS });
        mux.handle('echo', (stream) => echo(stream, log));
        mux.handle('chat', (stream) => chat.welcome(stream));
        mux.on('error', (error) => log.error(`${name} dropped: ${printable(error.message)}`));
        mux.on('close', () => log.info(`${name} disconnected`));
      },
      onError: (error) => {
        if (!isListenError(error)) log.error(`Mux gateway error: ${error.message}`);
      },
    },
  });
}
