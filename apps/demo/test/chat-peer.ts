// A client of the chat server as another program would write it, out of a socket and a `MessageHandler`.
import { MessageHandler } from '@verb-tcp/framing-json';
import { createTCPClient, type TCPClient } from '@verb-tcp/testing';

export class ChatPeer implements AsyncDisposable {
  readonly socket: TCPClient = createTCPClient();
  readonly closed: Promise<void>;
  readonly #messages: unknown[] = [];
  #handler: MessageHandler | undefined;
  #wake: () => void = () => {};

  private constructor() {
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve()));
    void this.closed.then(() => this.#wake());
  }

  static async connect(port: number): Promise<ChatPeer> {
    const peer = new ChatPeer();
    await peer.socket.connect(port);
    peer.#handler = new MessageHandler(peer.socket);
    peer.#handler.on('message', (message) => {
      peer.#messages.push(message);
      peer.#wake();
    });
    peer.#handler.on('error', () => {});
    return peer;
  }

  get id(): string {
    return `${this.socket.localAddress}:${this.socket.localPort}`;
  }

  send(message: unknown): void {
    this.#handler?.sendMessage(message);
  }

  /** The next message that nobody took yet. */
  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      if (this.socket.destroyed) throw new Error('closed with no message left');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#messages.shift();
  }

  /** Everything that came before the answer to a `ping` sent now: what the server had sent us until then. */
  async settled(): Promise<unknown[]> {
    this.send({ type: 'ping' });
    const before: unknown[] = [];
    for (;;) {
      const message = await this.next();
      if ((message as { type?: unknown }).type === 'pong') return before;
      before.push(message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket[Symbol.asyncDispose]();
  }
}
