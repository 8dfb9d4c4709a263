// `openssl s_client` against a server of ours. Its output has the data and nothing else; what it tells of the handshake
// is on its other side.
import type { Certificate } from '../certificates.js';
import { Program } from '../program.js';
import type { Scope } from '../scope.js';

/** What all of these checks are done with. */
export interface Certificates {
  readonly folder: string;
  readonly authority: Certificate;
  /** For localhost and 127.0.0.1. */
  readonly server: Certificate;
  readonly a: Certificate;
  readonly b: Certificate;
  /** A client's, and one from an authority that nobody here knows. */
  readonly client: Certificate;
  readonly stranger: Certificate;
}

/** `to`: a port of 127.0.0.1, or the path of a unix socket. */
export function sClient(scope: Scope, to: number | string, { authority }: Certificates, ...args: readonly string[]): Program {
  const where = typeof to === 'number' ? ['-connect', `127.0.0.1:${to}`] : ['-unix', to];
  const how = ['-brief', '-nocommands', '-verify_return_error', '-CAfile', authority.certFile];
  return new Program(scope, 'openssl', ['s_client', ...where, ...how, ...args]);
}

/** Gives what comes back for `bytes`, as many. */
export async function exchange(client: Program, bytes: string | Buffer): Promise<Buffer> {
  client.process.stdin.write(bytes);
  return client.reads(Buffer.byteLength(bytes));
}
