// One client's way through HAProxy to the server and back, with what both ends know of it side by side.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { dial, secure, type Caller } from '../caller.js';
import { same } from '../check.js';
import type { Scope } from '../scope.js';
import type { Arrival, Witness } from '../witness.js';

export interface Visit {
  /** The client's end: raw, or TLS over it. */
  readonly client: Caller<Socket | TLSSocket>;
  /** Where the client really is. */
  readonly address: string;
  readonly port: number;
  readonly arrival: Arrival;
}

/** Connects to `port`, by TLS where `ca` is given, and sees one line come back. */
export async function visit(scope: Scope, witness: Witness, port: number, { host = '127.0.0.1', ca }: { host?: string; ca?: string | undefined } = {}): Promise<Visit> {
  const raw = await dial(scope, { port, host });
  const { localAddress: address = '', localPort = 0 } = raw.socket;
  const client = ca === undefined ? raw : await secure(scope, raw.socket, { ca, servername: 'localhost' });
  same('the echo', (await client.exchange('hello\n')).toString(), 'hello\n');
  return { client, address, port: localPort, arrival: await witness.arrivals.next() };
}

/** @throws unless handlers and socket know the client by the address that it has. */
export function knowsClient({ arrival: { info, socket }, address, port }: Visit): void {
  same('info.remoteAddress, info.remotePort', [info.remoteAddress, info.remotePort], [address, port]);
  same('socket.remoteAddress, socket.remotePort', [socket.remoteAddress, socket.remotePort], [address, port]);
}
