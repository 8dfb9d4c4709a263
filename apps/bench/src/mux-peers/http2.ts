// HTTP/2 of Node, over plain sockets. With its defaults a stream has 64 KiB a round trip, and so have all together.
import { connect, performServerHandshake, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { closed, ignoreErrors, type MuxPeer } from '../mux-peer.js';

/** What ours gives a stream and a connection at most. */
const STREAM_WINDOW = 16 * 1024 * 1024;
const CONNECTION_WINDOW = 64 * 1024 * 1024;
const MAX_STREAMS = 1024;

const options = {
  settings: { initialWindowSize: STREAM_WINDOW, maxConcurrentStreams: MAX_STREAMS },
  // Megabytes; the default of 10 refuses what these windows let in.
  maxSessionMemory: 1000,
};

function widen(session: Http2Session): void {
  session.setLocalWindowSize(CONNECTION_WINDOW);
}

export const http2: MuxPeer = {
  settings: 'request and respond; windows of 16 MiB a stream and 64 MiB in all',
  async connect(dial) {
    const socket = await dial();
    const session = connect('http://127.0.0.1', { ...options, createConnection: () => socket });
    ignoreErrors(session);
    await new Promise<void>((resolve) => session.once('connect', () => resolve()));
    widen(session);
    // Or the first streams begin with the default window of the other side.
    await new Promise<void>((resolve) => session.once('remoteSettings', () => resolve()));
    return {
      open() {
        const stream = session.request({ ':method': 'POST', ':path': '/' });
        ignoreErrors(stream);
        return stream;
      },
      async visit() {
        const stream = session.request({ ':method': 'GET', ':path': '/' });
        ignoreErrors(stream);
        stream.resume();
        await closed(stream);
      },
    };
  },
  accept(socket, onStream) {
    const session = performServerHandshake(socket, options);
    ignoreErrors(session);
    widen(session);
    session.on('stream', (stream) => {
      ignoreErrors(stream);
      onStream(stream);
    });
  },
  reply(stream, bytes) {
    const response = stream as ServerHttp2Stream;
    response.respond({ ':status': 200 }, { endStream: bytes === undefined });
    if (bytes !== undefined) response.end(bytes);
  },
};
