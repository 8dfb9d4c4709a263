// A real HAProxy for one check. Its listening sockets are made here and inherited, so that their ports are free ones; its
// configuration lies in a folder of the check.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { dial } from '../caller.js';
import type { Certificate } from '../certificates.js';
import { Skip } from '../check.js';
import { Program } from '../program.js';
import type { Scope } from '../scope.js';

export interface Certificates {
  readonly authority: Certificate;
  /** For localhost. */
  readonly server: Certificate;
  readonly client: Certificate;
}

/** Headers of a real HAProxy, to be sent again in other ways than it does. */
export interface Recordings {
  readonly v1: Recorded;
  readonly v2: Recorded;
  /** With its checksum last. */
  readonly v2WithChecksum: Recorded;
}

/** One way through: where clients connect, and HAProxy's words for the server behind. */
export interface Route {
  /** As in `127.0.0.1:8000 send-proxy`. */
  readonly server: string;
  /** Where clients connect. @defaultValue '127.0.0.1' */
  readonly host?: string;
  /** Words behind `bind`, as in `ssl crt …`. */
  readonly bind?: string;
  /** Further lines of the section. */
  readonly lines?: readonly string[];
}

/** Starts HAProxy and gives the port of each route. Clients may connect at once: the system holds them. */
export async function startProxy(scope: Scope, ...routes: readonly Route[]): Promise<{ ports: number[]; program: Program }> {
  const listeners = await Promise.all(routes.map(({ host = '127.0.0.1' }) => listenOn(host)));
  const sections = routes.map(({ server, bind = '', lines = [] }, index) => [
    `listen route-${index}`,
    `  bind fd@${index + 3} ${bind}`,
    ...lines.map((line) => `  ${line}`),
    `  server core ${server}`,
  ]);
  const defaults = ['mode tcp', 'timeout connect 5s', 'timeout client 60s', 'timeout server 60s'];
  const text = ['global', '  nbthread 1', 'defaults', ...defaults.map((line) => `  ${line}`), ...sections.flat(), ''].join('\n');
  const file = join(await scope.folder(), 'haproxy.cfg');
  await writeFile(file, text);
  const program = new Program(scope, 'haproxy', ['-db', '-f', file], listeners.map(({ handle }) => handle));
  const ports = listeners.map(({ port }) => port);
  // It has its own copies now.
  for (const { listener } of listeners) listener.close();
  return { ports, program };
}

async function listenOn(host: string): Promise<{ listener: Server; handle: object; port: number }> {
  const listener = createServer().listen(0, host);
  await once(listener, 'listening');
  // `spawn` takes a handle for an inherited file; the public way to it ends at sockets.
  const { _handle: handle } = listener as unknown as { _handle: object };
  return { listener, handle, port: (listener.address() as AddressInfo).port };
}

/** @throws Skip on a machine without ::1. */
export function needIPv6(): void {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  if (!addresses.some(({ address }) => address === '::1')) throw new Skip('there is no ::1 on this machine');
}

export interface Recorded {
  /** HAProxy's words for it. */
  readonly words: string;
  readonly header: Buffer;
  /** The client that it names. */
  readonly address: string;
  readonly port: number;
}

/** What HAProxy sends to a server with these words, for a client at 127.0.0.1 that says nothing itself. */
export async function recordHeader(scope: Scope, words: string): Promise<Recorded> {
  const recorder = createServer().listen(0, '127.0.0.1');
  scope.defer(() => recorder.close());
  await once(recorder, 'listening');
  const { port } = recorder.address() as AddressInfo;
  const { ports } = await startProxy(scope, { server: `127.0.0.1:${port} ${words}`, lines: ['unique-id-format recorded'] });
  const connected = once(recorder, 'connection') as Promise<[Socket]>;
  const client = await dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' });
  const [socket] = await connected;
  scope.defer(() => socket.destroy());
  const [header] = (await once(socket.on('error', () => {}), 'data')) as [Buffer];
  return { words, header, address: '127.0.0.1', port: client.socket.localPort ?? 0 };
}
