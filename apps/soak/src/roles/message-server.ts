// A server of core and framing-json for peers good and bad: it echoes messages, and writes down how each connection went.
import type { Socket } from 'node:net';
import { createServer } from '@verb-tcp/core';
import { MessageHandler } from '@verb-tcp/framing-json';
import { HOST } from '../dial.js';
import { heldBytes } from '../held-bytes.js';
import { HeldUp } from '../held-up.js';
import { until } from '../until.js';

export interface MessageServerSettings {
  maxMessageBytes?: number;
  /** Milliseconds. */
  messageTimeout?: number;
  writeStallTimeout?: number;
}

/** How one connection went. */
export interface Fate {
  /** Of the peer, as its own end tells it too. */
  port: number | undefined;
  /** The first error of the message handler; `''` for none. */
  code: string;
  /** Milliseconds from its first byte to the end. */
  lasted: number;
  /** Milliseconds beyond `messageTimeout`, without those in which the machine kept the process from running. */
  late: number;
}

export interface MessageServer {
  listen(): Promise<number>;
  /** Settles when so many connections are open. */
  open(count: number): Promise<void>;
  /** Bytes that the process holds for connections and their messages, after a collection. */
  held(): Promise<number>;
  /** Settles when so many connections have ended, gives how, and forgets them. */
  fates(count: number): Promise<Fate[]>;
}

export function messageServer({ maxMessageBytes, messageTimeout, writeStallTimeout }: MessageServerSettings): MessageServer {
  let fates: Fate[] = [];
  const heldUp = new HeldUp();

  const serve = async (socket: Socket, fate: Fate): Promise<void> => {
    let firstByteAt = 0;
    socket.once('data', () => (firstByteAt = performance.now()));
    socket.once('close', () => {
      if (firstByteAt > 0) fate.lasted = performance.now() - firstByteAt;
      if (messageTimeout !== undefined) fate.late = fate.lasted - messageTimeout - heldUp.since(firstByteAt + messageTimeout);
      fates.push(fate);
    });
    const handler = new MessageHandler(socket, { maxMessageBytes, messageTimeout });
    handler.on('error', (error: NodeJS.ErrnoException) => (fate.code ||= error.code ?? error.message));
    // With back-pressure: who does not read is not read from. How it ends, the 'error' tells.
    try {
      for await (const message of handler) await handler.send(message);
    } catch {
      return;
    }
  };
  const server = createServer().withOptions({
    host: HOST,
    tcp: {
      writeStallTimeout,
      // Whoever sends one message and ends has its answer all the same, as far as Node lets it.
      onConnection: (socket, { remotePort }) => serve(socket, { port: remotePort, code: '', lasted: 0, late: 0 }),
    },
  });

  return {
    listen: async () => (await server.listen(0)).port,
    open: (count) => until(() => server.stats().open === count, () => `${count} are open, ${server.stats().open} are`),
    held: heldBytes,
    async fates(count) {
      await until(() => fates.length >= count, () => `${count} have ended, ${fates.length} have`);
      const found = fates;
      fates = [];
      return found;
    },
  };
}
