// A plain client, raw or TLS, that keeps what it gets: the server must hold against those, so nothing of ours is in it.
import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTLS, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Scope } from './scope.js';

/** A connected client. */
export async function dial(scope: Scope, options: NetConnectOpts): Promise<Caller<Socket>> {
  const socket = connect({ noDelay: true, ...options });
  const caller = new Caller(scope, socket);
  await once(socket, 'connect');
  return caller;
}

/** TLS over a client that is connected already, once the handshake is done. */
export async function secure(scope: Scope, over: Duplex, options: ConnectionOptions): Promise<Caller<TLSSocket>> {
  const socket = connectTLS({ ...options, socket: over });
  const caller = new Caller(scope, socket);
  await once(socket, 'secureConnect');
  return caller;
}

/** How the other side ended it, and when by `performance.now()`. */
export interface Ending {
  /** What came before the end and nobody had read. */
  readonly received: Buffer;
  /** `'end'`, or the code of the error. */
  readonly by: string;
  readonly at: number;
}

export class Caller<S extends Duplex> {
  readonly socket: S;
  readonly #ended: Promise<Ending>;
  #chunks: Buffer[] = [];
  #length = 0;
  #isReading = false;
  #wake: () => void = () => {};

  constructor(scope: Scope, socket: S) {
    this.socket = socket;
    this.#ended = new Promise((resolve) => {
      const tell = (by: string): void => resolve({ received: Buffer.concat(this.#chunks), by, at: performance.now() });
      socket.once('end', () => tell('end'));
      socket.once('error', (error: NodeJS.ErrnoException) => tell(error.code ?? error.message));
      socket.once('close', () => tell('close'));
    });
    socket.on('error', () => {});
    scope.defer(() => socket.destroy());
  }

  /** Settles when the peer has ended it, in whatever way. */
  ending(): Promise<Ending> {
    this.#listen();
    return this.#ended;
  }

  /** Writes, and gives as many bytes as were written: what an echo must send back. @throws where the peer ends before. */
  async exchange(bytes: string | Buffer): Promise<Buffer> {
    this.socket.write(bytes);
    return this.read(Buffer.byteLength(bytes));
  }

  /** The next `length` bytes. @throws where the peer ends before. */
  async read(length: number): Promise<Buffer> {
    this.#listen();
    let over: Ending | undefined;
    void this.#ended.then((ending) => {
      over = ending;
      this.#wake();
    });
    while (this.#length < length) {
      if (over !== undefined) throw new Error(`the peer ended (${over.by}) after ${this.#length} of ${length} bytes`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all.subarray(length)];
    this.#length -= length;
    return all.subarray(0, length);
  }

  /** Starts to keep what comes. Not before somebody asks: TLS may be put over the socket. */
  #listen(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
  }
}
