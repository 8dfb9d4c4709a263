// Where the carrier begins and ends, as its streams tell it. Read while it is known: a socket that is being dialled has its
// addresses once it is connected, and after a reset some are gone.
import type { TCPSocket } from '@verb-tcp/socket';
import type { CarrierAddresses } from './stream-handler.js';

export class Carrier {
  readonly #socket: TCPSocket;
  #addresses: CarrierAddresses | undefined;

  constructor(socket: TCPSocket) {
    this.#socket = socket;
    this.look();
  }

  /** Reads them unless they are known. */
  look(): void {
    if (this.#addresses === undefined && this.#socket.remoteAddress !== undefined) this.#addresses = addressesOf(this.#socket);
  }

  get addresses(): CarrierAddresses {
    this.look();
    return this.#addresses ?? addressesOf(this.#socket);
  }
}

function addressesOf({ remoteAddress, remotePort, localAddress, localPort }: TCPSocket): CarrierAddresses {
  return { remoteAddress, remotePort, localAddress, localPort };
}
