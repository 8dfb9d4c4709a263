// Where the carrier begins and ends, as its streams tell it. Read while it is known: a socket that is being dialled has its
// addresses once it is connected, and after a reset some are gone.
import type { TCPSocket } from '@verb-tcp/socket';
import type { CarrierAddresses } from './stream-handler.js';

export class Carrier implements CarrierAddresses {
  readonly #socket: TCPSocket;
  #known: CarrierAddresses | undefined;

  constructor(socket: TCPSocket) {
    this.#socket = socket;
    this.look();
  }

  /** Reads them unless they are known. */
  look(): void {
    if (this.#known !== undefined) return;
    const { remoteAddress, remotePort, localAddress, localPort } = this.#socket;
    if (remoteAddress !== undefined) this.#known = { remoteAddress, remotePort, localAddress, localPort };
  }

  get remoteAddress(): string | undefined {
    return this.#now.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#now.remotePort;
  }

  get localAddress(): string | undefined {
    return this.#now.localAddress;
  }

  get localPort(): number | undefined {
    return this.#now.localPort;
  }

  get #now(): CarrierAddresses | TCPSocket {
    this.look();
    return this.#known ?? this.#socket;
  }
}
