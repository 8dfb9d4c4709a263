// No mux: a connection for each stream, which is what people do without one.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { closed, ignoreErrors, type MuxPeer } from '../mux-peer.js';

export const net: MuxPeer = {
  settings: 'a connection for each stream',
  isUnshared: true,
  async connect(dial) {
    const open = async (): Promise<Socket> => {
      const socket = await dial();
      ignoreErrors(socket);
      return socket;
    };
    return {
      open,
      async visit() {
        const socket = await open();
        socket.resume().end();
        await closed(socket);
      },
    };
  },
  accept(socket, onStream) {
    ignoreErrors(socket);
    onStream(socket);
  },
  reply: (stream, bytes) => void (stream as Duplex).end(bytes),
};
