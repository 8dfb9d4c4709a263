// The binary echo server: every message of `framing-binary` comes back as it came, type, flags and payload; heartbeats are
// answered by the handler, and sent, so that a peer which died without a word is found. A peer that sends and never reads
// is waited for.
import { createServer, ServerProtocol, type TCPServer, type TCPSocket } from '@verb-tcp/core';
import { BinaryProtocolHandler } from '@verb-tcp/framing-binary';
import { isListenError } from '../listen.js';
import type { Log } from '../log.js';
import { printable } from '../printable.js';

export interface BinaryEchoOptions {
  log?: Log | undefined;
  /** Milliseconds between two heartbeats; who is silent for three of them is dead. @defaultValue 20000 */
  heartbeatInterval?: number | undefined;
}

/** A server that still has to be told `listen(port, host)`. */
export function createBinaryEchoServer({ log = console, heartbeatInterval = 20_000 }: BinaryEchoOptions = {}): TCPServer {
  return createServer(ServerProtocol.TCP).withOptions({
    tcp: {
      // Heartbeats tell who lives.
      timeout: 0,
      // Who says everything and ends gets everything back: the end is ours.
      allowHalfOpen: true,
      onConnection: async (socket, { id, remoteAddress = 'unknown', remotePort = id }) => {
        const name = `Binary client ${remoteAddress}:${remotePort}`;
        log.info(`${name} connected`);
        socket.on('close', () => log.info(`${name} disconnected`));
        try {
          await echo(socket, new BinaryProtocolHandler(socket, { heartbeatInterval }));
        } catch (error) {
          log.error(`${name} dropped: ${printable((error as Error).message)}`);
        }
      },
      onError: (error) => {
        if (!isListenError(error)) log.error(`Binary server error: ${error.message}`);
      },
    },
  });
}

async function echo(socket: TCPSocket, messages: BinaryProtocolHandler): Promise<void> {
  for await (const { type, payload, flags } of messages) {
    // A drain ends our direction and goes on reading; where the connection ends first, the loop hears why.
    await messages.send(type, payload, flags).catch(() => {});
  }
  socket.end();
}
