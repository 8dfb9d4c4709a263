// Pairs of the sockets that Node has, for the conformance cases: each with the marks that the contract asks for.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Socket, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTLS, createServer as createTLSServer, type TLSSocket } from 'node:tls';
import type { ConformancePairOptions } from '../src/index.js';
import { generate } from 'selfsigned';

const MARK_BYTES = 64 * 1024;
// Made anew for each run: no key lies in the repository.
const { cert: certificate, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
  keyType: 'ec',
  algorithm: 'sha256',
  extensions: [
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] },
  ],
});

type SocketPair = [Socket, Socket];

export async function makePlainPair(options: ConformancePairOptions = {}): Promise<SocketPair> {
  const server = createServer({ ...options, highWaterMark: MARK_BYTES }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return connectPair(server, (server.address() as { port: number }).port, options);
}

export async function makeUnixPair(options: ConformancePairOptions = {}): Promise<SocketPair> {
  const folder = await mkdtemp(join(tmpdir(), 'pair-'));
  const path = join(folder, 'socket');
  const server = createServer({ ...options, highWaterMark: MARK_BYTES }).listen(path);
  await once(server, 'listening');
  try {
    return await connectPair(server, path, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function makeTLSPair(options: ConformancePairOptions = {}): Promise<[TLSSocket, TLSSocket]> {
  const server = createTLSServer({ ...options, cert: certificate, key, highWaterMark: MARK_BYTES }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const { port } = server.address() as { port: number };
  const client = connectTLS({ ...options, port, host: '127.0.0.1', ca: certificate });
  const [[other]] = await Promise.all([accepted, once(client, 'secureConnect')]);
  server.close();
  for (const socket of [client, other]) setMarks(socket);
  return [client, other];
}

/** Node has no public way on TLS sockets. */
function setMarks(socket: TLSSocket): void {
  const { _writableState, _readableState } = socket as unknown as Record<string, { highWaterMark: number }>;
  for (const state of [_writableState, _readableState]) if (state) state.highWaterMark = MARK_BYTES;
}

async function connectPair(server: Server, target: number | string, options: ConformancePairOptions): Promise<SocketPair> {
  const client = new Socket({ ...options, highWaterMark: MARK_BYTES } as object);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  if (typeof target === 'number') client.connect(target, '127.0.0.1');
  else client.connect(target);
  const [[other]] = await Promise.all([accepted, once(client, 'connect')]);
  server.close();
  return [client, other];
}
