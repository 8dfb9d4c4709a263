// Yamux of libp2p. It wants the connection of a libp2p transport, which is made here out of a socket as @libp2p/tcp does.
import type { Socket } from 'node:net';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { Logger, Stream, StreamMessageEvent, StreamMuxer } from '@libp2p/interface';
import { AbstractMessageStream, type SendResult } from '@libp2p/utils';
import type { Chunk, MuxPeer, MuxStream } from '../mux-peer.js';

type Bytes = StreamMessageEvent['data'];

// It needs what Node 20 does not have yet.
(Promise as { withResolvers?: unknown }).withResolvers ??= () => {
  const resolvers: Record<string, unknown> = {};
  resolvers['promise'] = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};

const ignore = (): void => {};
const silent: Logger = Object.assign(ignore, { error: ignore, trace: ignore, enabled: false, newScope: () => silent });

class SocketStream extends AbstractMessageStream {
  readonly #socket: Socket;

  constructor(socket: Socket, direction: 'inbound' | 'outbound') {
    super({ log: silent, direction });
    this.#socket = socket;
    socket.on('data', (bytes) => this.onData(bytes));
    socket.on('drain', () => this.safeDispatchEvent('drain'));
    socket.on('error', ignore);
    socket.once('close', () => this.onTransportClosed());
  }

  override sendData(data: Iterable<Uint8Array> & { byteLength: number }): SendResult {
    let canSendMore = true;
    let sentBytes = 0;
    for (const bytes of data) {
      canSendMore = this.#socket.write(bytes);
      sentBytes += bytes.byteLength;
      if (!canSendMore) break;
    }
    return { sentBytes, canSendMore };
  }

  override sendReset(): void {
    this.#socket.resetAndDestroy();
  }

  override sendPause(): void {
    this.#socket.pause();
  }

  override sendResume(): void {
    this.#socket.resume();
  }

  override async close(): Promise<void> {
    this.#socket.end();
  }
}

/** The face of a stream that the roles know. */
class YamuxStream implements MuxStream {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  write(bytes: Buffer): boolean {
    return this.#stream.send(bytes);
  }

  end(): void {
    this.#stream.close().catch(ignore);
  }

  destroy(): void {
    this.#stream.abort(new Error('destroyed'));
  }

  on(event: 'data' | 'end' | 'drain' | 'close', listener: (bytes: Chunk) => void): void {
    if (event === 'data') this.#stream.addEventListener('message', ({ data }) => listener(chunkOf(data)));
    else this.#listen(event, listener as () => void, false);
  }

  once(event: 'end' | 'drain' | 'close', listener: () => void): void {
    this.#listen(event, listener, true);
  }

  off(event: 'end' | 'drain' | 'close', listener: () => void): void {
    this.#stream.removeEventListener(event, listener);
  }

  #listen(event: 'end' | 'drain' | 'close', listener: () => void, once: boolean): void {
    this.#stream.addEventListener(event, event === 'drain' ? () => this.#onDrain(listener) : listener, { once });
  }

  /** It says `drain` first and sends what waits then, which may fill it again. */
  #onDrain(listener: () => void): void {
    queueMicrotask(() => {
      if (this.#stream.writableNeedsDrain) this.once('drain', listener);
      else listener();
    });
  }
}

function chunkOf(data: Bytes): Chunk {
  if (data instanceof Uint8Array) return data;
  return {
    byteLength: data.byteLength,
    at: (index) => data.get(index < 0 ? data.byteLength + index : index),
    subarray: () => data.subarray(),
  };
}

function muxOver(socket: Socket, direction: 'inbound' | 'outbound'): StreamMuxer {
  return yamux()().createStreamMuxer(new SocketStream(socket, direction));
}

export const libp2pYamux: MuxPeer = {
  settings: 'newStream, send; defaults (windows grow from 256 KiB to 16 MiB)',
  package: '@chainsafe/libp2p-yamux',
  async connect(dial) {
    const muxer = muxOver(await dial(), 'outbound');
    return {
      open: async () => new YamuxStream(await muxer.createStream()),
      async visit() {
        const stream = await muxer.createStream();
        const isClosed = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve(), { once: true }));
        await stream.close();
        await isClosed;
      },
    };
  },
  accept(socket, onStream) {
    muxOver(socket, 'inbound').addEventListener('stream', ({ detail }) => onStream(new YamuxStream(detail)));
  },
  reply(stream, bytes) {
    if (bytes !== undefined) stream.write(bytes);
    stream.end();
  },
};
