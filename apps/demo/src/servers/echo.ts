// The echo server: the first listing of docs/tcp-server.md, its bytes and its log lines. Two things it adds for peers
// that mean harm: one that sends and never reads is waited for, and what it sends cannot write to our terminal.
import { createServer, ServerProtocol, type TCPServer, type TCPSocket } from '@verb-tcp/core';
import { isListenError } from '../listen.js';
import type { Log } from '../log.js';
import { printable } from '../printable.js';

const MAX_LOGGED_LENGTH = 200;

/** A server that still has to be told `listen(port, host)`. */
export function createEchoServer(log: Log = console): TCPServer {
  const app = createServer(ServerProtocol.TCP);
  return app.withOptions({
    tcp: {
      onConnection: (socket, info) => {
        log.info(`Client connected: ${info.remoteAddress}:${info.remotePort}`);
        echo(socket, log);
      },
      onError: (error) => {
        if (!isListenError(error)) log.error(`TCP Server error: ${error.message}`);
      },
      onListening: () => {
        const address = app.address();
        if (address !== null) log.info(`TCP server listening on port ${address.port}`);
      },
    },
  });
}

/** Welcomes one client and says back what it says. */
export function echo(socket: TCPSocket, log: Log): void {
  socket.write('Welcome to TCP server!\n');

  socket.on('data', (data) => {
    log.info(`Received: ${printable(data.toString().replace(/\r?\n$/, ''), MAX_LOGGED_LENGTH)}`);
    // A drain ends our direction and goes on reading.
    if (!socket.writable) return;
    socket.cork();
    socket.write('Echo: ');
    // Bytes, not text: a character cut between two chunks stays whole.
    const hasRoom = socket.write(data);
    socket.uncork();
    if (!hasRoom) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('end', () => log.info('Client disconnected'));
  socket.on('error', (error) => log.error(`Socket error: ${error.message}`));
}
