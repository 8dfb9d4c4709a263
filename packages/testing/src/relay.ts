// One connection with faults on its way: two sockets, a link for each direction. Ends, half-closes, back-pressure and
// resets of one side reach the other. It owns both sockets from the moment it is made until both are closed.
import type { TCPSocket } from '@verb-tcp/socket';
import { FaultLink } from './fault-link.js';
import type { ResolvedFault } from './faults.js';
import { deriveSeed } from './random.js';

/** A socket that can say a reset; without the method, or where it refuses, `destroy` stands in. */
export type RelayedSocket = TCPSocket & { resetAndDestroy?(): unknown; connecting?: boolean };

const UP = 0;
const DOWN = 1;

/** See the head of this file. */
export class Relay {
  readonly up: FaultLink;
  readonly down: FaultLink;
  readonly #client: RelayedSocket;
  readonly #server: RelayedSocket;
  #openSockets = 2;
  #isOver = false;
  #closesServer = false;
  #serverHasEnd = false;
  #onClose: () => void = () => {};

  /** Settles when both sockets are closed. */
  readonly closed: Promise<void> = new Promise((resolve) => {
    this.#onClose = resolve;
  });

  constructor(client: RelayedSocket, server: RelayedSocket, maxHeldBytes: number) {
    this.#client = client;
    this.#server = server;
    const onReset = (): void => this.reset();
    const onServerEnded = (): void => {
      this.#serverHasEnd = true;
      if (this.#closesServer) this.#destroy();
    };
    this.up = new FaultLink('up', client, server, maxHeldBytes, { onReset, onEnded: onServerEnded });
    this.down = new FaultLink('down', server, client, maxHeldBytes, { onReset, onEnded: () => {} });
    this.#watch(client, this.up);
    this.#watch(server, this.down);
  }

  /** Lets bytes pass. */
  start(): void {
    this.up.start();
    this.down.start();
  }

  add(key: object, fault: ResolvedFault, seed: number): void {
    if (fault.direction !== 'down') this.up.add(key, fault, deriveSeed(seed, UP));
    if (fault.direction !== 'up') this.down.add(key, fault, deriveSeed(seed, DOWN));
  }

  remove(key: object): void {
    this.up.remove(key);
    this.down.remove(key);
  }

  /** Resets both sides now. What is under way is lost. */
  reset(): void {
    this.#finish();
    for (const socket of [this.#client, this.#server]) resetSocket(socket);
  }

  /** Nobody is left on the client's side: the server's side is destroyed once it has the end. */
  closeServerWhenEnded(): void {
    this.#closesServer = true;
    if (this.#serverHasEnd) this.#destroy();
  }

  #destroy(): void {
    this.#finish();
    this.#server.destroy();
    this.#client.destroy();
  }

  #watch(socket: RelayedSocket, from: FaultLink): void {
    let hasEnded = false;
    socket.on('end', () => {
      hasEnded = true;
    });
    socket.on('error', () => this.reset());
    socket.on('close', () => {
      if (!hasEnded) from.close();
      if (--this.#openSockets > 0) return;
      this.#finish();
      this.#onClose();
    });
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.up.stop();
    this.down.stop();
  }
}

function resetSocket(socket: RelayedSocket): void {
  if (socket.destroyed) return;
  try {
    // While it connects Node would put the reset off until it has, which may be never; nobody is there to be reset.
    if (socket.resetAndDestroy === undefined || socket.connecting === true) socket.destroy();
    else socket.resetAndDestroy();
  } catch {
    // TLS and unix sockets have the method, and refuse.
    socket.destroy();
  }
}
