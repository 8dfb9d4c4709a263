// Ours, as its documentation shows it.
import { TCPStreamMultiplexer, type StreamHandler } from '@verb-tcp/mux';
import { closed, ignoreErrors, type MuxPeer } from '../mux-peer.js';

export const mux: MuxPeer = {
  settings: 'openStream, write; defaults (windows grow from 256 KiB to 16 MiB)',
  async connect(dial) {
    const multiplexer = new TCPStreamMultiplexer(await dial(), { role: 'client' });
    ignoreErrors(multiplexer);
    return {
      open: () => multiplexer.openStream('bench'),
      async visit() {
        const stream = multiplexer.openStream('visit');
        stream.resume().end();
        await closed(stream);
      },
    };
  },
  accept(socket, onStream) {
    const multiplexer = new TCPStreamMultiplexer(socket, { role: 'server' });
    ignoreErrors(multiplexer);
    multiplexer.on('stream', onStream);
  },
  reply: (stream, bytes) => void (stream as StreamHandler).end(bytes),
};
