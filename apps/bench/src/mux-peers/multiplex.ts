// The mplex of Node streams, without flow control for a single stream: one that is not read stops all.
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import createMultiplex, { type Multiplex } from 'multiplex';
import { ignoreErrors, type MuxPeer } from '../mux-peer.js';

/** Bytes, not messages: what comes in is handed on in pieces. */
const options = { chunked: true };

function carry(socket: Socket, plex: Multiplex): Multiplex {
  ignoreErrors(socket);
  ignoreErrors(plex);
  plex.pipe(socket);
  socket.pipe(plex);
  socket.once('close', () => plex.destroy());
  return plex;
}

export const multiplex: MuxPeer = {
  settings: 'createStream(), chunked: true; pipe to and from the socket',
  package: 'multiplex',
  async connect(dial) {
    const plex = carry(await dial(), createMultiplex(options));
    const open = (): Duplex => {
      const stream = plex.createStream();
      ignoreErrors(stream);
      return stream;
    };
    return {
      open,
      async visit() {
        const stream = open();
        stream.resume().end();
        // Its streams emit no `close` at their end, but this in its place.
        await new Promise<void>((resolve) => stream.once('finalize', resolve));
      },
    };
  },
  accept(socket, onStream) {
    const plex = createMultiplex(options, (stream) => {
      ignoreErrors(stream);
      onStream(stream);
    });
    carry(socket, plex);
  },
  reply: (stream, bytes) => void (stream as Duplex).end(bytes),
};
