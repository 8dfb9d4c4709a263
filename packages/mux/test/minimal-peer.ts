// A peer that knows the two documented messages and nothing else, written from the reference alone and without a line of
// the package: both sides count from 1, a close forgets the stream, unknown messages are ignored.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';

export interface MinimalStream {
  id: number;
  type: string;
  metadata: unknown;
  bytes: Buffer[];
  isClosed: boolean;
}

export interface MinimalEvents {
  stream: [stream: MinimalStream];
  data: [stream: MinimalStream, bytes: Buffer];
  closed: [stream: MinimalStream];
  /** A message that it does not know. */
  ignored: [message: Record<string, unknown>];
}

export class MinimalPeer extends EventEmitter<MinimalEvents> {
  readonly streams: Map<number, MinimalStream> = new Map();
  /** Every byte that came. */
  readonly wire: Buffer[] = [];
  #next: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(readonly socket: TCPSocket, firstId = 1) {
    super();
    this.#next = firstId;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (this.wire.length < 10_000) this.wire.push(chunk);
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      let at = 0;
      while (this.#rest.length - at >= 8) {
        const length = this.#rest.readUInt32BE(at + 4);
        if (this.#rest.length - at < 8 + length) break;
        this.#take(this.#rest.readUInt32BE(at), Buffer.from(this.#rest.subarray(at + 8, at + 8 + length)));
        at += 8 + length;
      }
      this.#rest = this.#rest.subarray(at);
    });
  }

  create(type: string, metadata: unknown = {}): number {
    const streamId = this.#next++;
    this.streams.set(streamId, { id: streamId, type, metadata, bytes: [], isClosed: false });
    this.control({ type: 'stream_create', streamId, streamType: type, metadata });
    return streamId;
  }

  send(id: number, data: Buffer | string): void {
    const bytes = Buffer.from(data as string);
    const header = Buffer.alloc(8);
    header.writeUInt32BE(id, 0);
    header.writeUInt32BE(bytes.length, 4);
    this.socket.write(Buffer.concat([header, bytes]));
  }

  close(id: number): void {
    if (this.streams.delete(id)) this.control({ type: 'stream_close', streamId: id });
  }

  control(message: unknown): void {
    this.send(0, JSON.stringify(message));
  }

  #take(id: number, payload: Buffer): void {
    if (id !== 0) {
      const stream = this.streams.get(id);
      if (stream === undefined) return;
      stream.bytes.push(payload);
      this.emit('data', stream, payload);
      return;
    }
    const message = JSON.parse(payload.toString()) as Record<string, unknown>;
    const streamId = message['streamId'] as number;
    if (message['type'] === 'stream_create') {
      const stream = { id: streamId, type: message['streamType'] as string, metadata: message['metadata'], bytes: [], isClosed: false };
      this.streams.set(streamId, stream);
      this.emit('stream', stream);
    } else if (message['type'] === 'stream_close') {
      const stream = this.streams.get(streamId);
      if (stream === undefined) return;
      stream.isClosed = true;
      this.emit('closed', stream);
    } else this.emit('ignored', message);
  }
}
