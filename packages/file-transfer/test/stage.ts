// What most tests begin with: a folder of their own, a server on it, clients, and a peer that is written by hand.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TCPSocket } from '@verb-tcp/socket';
import { createMessageDecoder } from '@verb-tcp/socket/message';
import { TCPFileTransferClient, TCPFileTransferServer, type TCPFileTransferClientOptions, type TCPFileTransferServerOptions } from '../src/index.js';

export interface Stage extends AsyncDisposable {
  /** A folder for this test. */
  folder: string;
  /** The folder of the server. */
  uploads: string;
  files: TCPFileTransferServer;
  server: Server;
  port: number;
  /** Codes of the server's `error` events. */
  errors: string[];
  dial(): Socket;
  client(options?: TCPFileTransferClientOptions): TCPFileTransferClient;
  peer(): Promise<RawPeer>;
}

export async function openFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'verb-tcp-files-'));
}

export async function openStage(options: TCPFileTransferServerOptions = {}, uploadDir?: string): Promise<Stage> {
  const folder = await openFolder();
  const uploads = uploadDir ?? join(folder, 'uploads');
  const files = new TCPFileTransferServer(uploads, { minFreeBytes: 0, ...options });
  const errors: string[] = [];
  files.on('error', (error) => errors.push(error.code));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => files.attach(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients: TCPFileTransferClient[] = [];
  const dial = (): Socket => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    sockets.add(socket);
    return socket;
  };
  return {
    folder,
    uploads,
    files,
    server,
    port,
    errors,
    dial,
    client(clientOptions = {}) {
      const client = new TCPFileTransferClient(dial, { retries: [], ...clientOptions });
      clients.push(client);
      return client;
    },
    async peer() {
      const socket = dial();
      await once(socket, 'connect');
      return new RawPeer(socket);
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      for (const socket of sockets) socket.destroy();
      await files.close();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Speaks framed JSON, and nothing that it is not told to. */
export class RawPeer {
  readonly socket: TCPSocket;
  /** Every message so far, as text. */
  readonly texts: string[] = [];
  isClosed = false;
  readonly #decoder = createMessageDecoder({ maxMessageBytes: 2 ** 26 });
  #taken = 0;
  #wake: () => void = () => {};

  constructor(socket: TCPSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.#decoder.push(chunk);
      for (let text = this.#decoder.nextPayload(); text !== undefined; text = this.#decoder.nextPayload()) this.texts.push(text.toString());
      this.#wake();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** One message, framed. Text goes as it is. */
  send(message: unknown): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.socket.write(`${Buffer.byteLength(text)}\n${text}`);
  }

  /** The next message that has come, as text. */
  async text(): Promise<string> {
    while (this.#taken >= this.texts.length) {
      if (this.isClosed) throw new Error('closed');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.texts[this.#taken++]!;
  }

  async next(): Promise<any> {
    return JSON.parse(await this.text());
  }

  /** Messages until one of this type. */
  async until(type: string): Promise<any> {
    for (;;) {
      const message = await this.next();
      if (message.type === type) return message;
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  async ask(message: unknown): Promise<any> {
    this.send(message);
    return this.next();
  }
}

/** Bytes that tell by themselves where they belong. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Turns of the event loop until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
