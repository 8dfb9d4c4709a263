// A raw peer that speaks any bytes, good or bad: frames out, control messages and data in.
import type { TCPSocket } from '@verb-tcp/socket';

export const HELLO: Record<string, unknown> = { type: 'hello', version: 1, caps: ['credit', 'ack', 'reset', 'ping', 'goaway'], initialWindow: 262_144, maxStreams: 1024 };

export function frame(id: number, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload as string);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(id, 0);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

export function control(message: unknown): Buffer {
  return frame(0, JSON.stringify(message));
}

export function create(streamId: number, metadata: unknown = {}): Buffer {
  return control({ type: 'stream_create', streamId, streamType: 't', metadata });
}

export class RawPeer {
  readonly messages: Record<string, unknown>[] = [];
  readonly data: Map<number, number> = new Map();
  isClosed = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(readonly socket: TCPSocket) {
    socket.on('error', () => {});
    socket.on('close', () => (this.isClosed = true));
    socket.on('data', (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      while (this.#rest.length >= 8 && this.#rest.length >= 8 + this.#rest.readUInt32BE(4)) {
        const id = this.#rest.readUInt32BE(0);
        const payload = this.#rest.subarray(8, 8 + this.#rest.readUInt32BE(4));
        if (id === 0) this.messages.push(JSON.parse(payload.toString()) as Record<string, unknown>);
        else this.data.set(id, (this.data.get(id) ?? 0) + payload.length);
        this.#rest = this.#rest.subarray(8 + payload.length);
      }
    });
  }

  /** As the opener: create, hello, hello_ack. */
  greet(hello: unknown = HELLO): this {
    this.socket.write(Buffer.concat([create(1), control(hello), control({ type: 'hello_ack' })]));
    return this;
  }

  of(type: string): Record<string, unknown>[] {
    return this.messages.filter((message) => message['type'] === type);
  }
}
