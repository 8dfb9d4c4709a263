// A peer that writes bytes by hand and keeps what it gets, like `nc`.
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

export class RawPeer implements Disposable {
  readonly socket: Socket;
  /** Everything received so far. */
  received = '';
  readonly closed: Promise<void>;
  /** The other end will send no more: it finished, or the connection is gone. */
  readonly ended: Promise<void>;
  /** What a server calls this peer. */
  readonly id: string;

  constructor(socket: Socket) {
    this.socket = socket;
    this.id = `${socket.localAddress}:${socket.localPort}`;
    socket.setEncoding('latin1');
    socket.on('data', (data) => (this.received += data.toString()));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    this.ended = Promise.race([new Promise<void>((resolve) => socket.on('end', () => resolve())), this.closed]);
  }

  static async connect(port: number, options: Partial<NetConnectOpts> = {}): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, ...options });
    await once(socket, 'connect');
    return new RawPeer(socket);
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Settles as soon as what was received matches; received bytes are latin1 characters here. */
  async gets(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.received);
      if (match !== null) return match;
      const more = new Promise<boolean>((resolve) => this.socket.once('data', () => resolve(true)));
      const isOver = !(await Promise.race([more, this.ended.then(() => false)]));
      if (isOver && !pattern.test(this.received)) {
        throw new Error(`ended without ${pattern}: ${JSON.stringify(this.received)}`);
      }
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
