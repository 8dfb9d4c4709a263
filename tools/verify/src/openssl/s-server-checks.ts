// Our `connect({ tls })` against `openssl s_server`, which sends each line back reversed.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { connect } from '@verb-tcp/core';
import type { TLSSocket } from 'node:tls';
import { Caller } from '../caller.js';
import { check, matches, same, within, type Check } from '../check.js';
import { Program } from '../program.js';
import type { Scope } from '../scope.js';
import type { Certificates } from './s-client.js';

const CONNECT_TIMEOUT = 400;
const SLACK = 250;

export function sServerChecks(certificates: Certificates): Check[] {
  const { authority, client: known, stranger } = certificates;
  const trusted = { ca: authority.cert };
  return [
    ...(['TLSv1.2', 'TLSv1.3'] as const).map((version) => check(`connect({ tls }) to s_server by ${version}`, async (scope) => {
      const { port } = await sServer(scope, certificates, `-${version.replace('TLSv', 'tls').replace('.', '_')}`, '-alpn', 'verb/1');
      const { caller, socket } = await open(scope, { port, tls: { ...trusted, ALPNProtocols: ['h2', 'verb/1'] } });
      same('the socket', [socket.getProtocol(), socket.alpnProtocol, socket.authorized], [version, 'verb/1', true]);
      caller.socket.write('straight\n');
      same('the line, reversed', (await caller.read(9)).toString(), 'thgiarts\n');
      return `${socket.getProtocol()}, ${socket.getCipher().standardName}, ${socket.alpnProtocol}`;
    })),
    check('a certificate of an authority that we do not know is not taken', async (scope) => {
      const { port } = await sServer(scope, certificates);
      return rejects(connect({ port, host: '127.0.0.1', tls: { ca: stranger.cert } }), /^(UNABLE_TO_|SELF_SIGNED)/);
    }),
    check('a certificate for another name is not taken', async (scope) => {
      const { port } = await sServer(scope, certificates);
      return rejects(connect({ port, host: '127.0.0.1', tls: { ...trusted, servername: 'a.test' } }), /^ERR_TLS_CERT_ALTNAME_INVALID$/);
    }),
    check('s_server picks its certificate by the name that we ask for', async (scope) => {
      const { a } = certificates;
      const { port } = await sServer(scope, certificates, '-servername', 'a.test', '-cert2', a.certFile, '-key2', a.keyFile);
      const { socket } = await open(scope, { port, tls: { ...trusted, servername: 'a.test' } });
      const subject = socket.getPeerCertificate().subject.CN;
      same('the certificate', subject, 'a.test');
      return `a.test → ${String(subject)}`;
    }),
    check('a required client certificate is sent', async (scope) => {
      const { port, program } = await sServer(scope, certificates, '-Verify', '1', '-verify_return_error', '-CAfile', authority.certFile);
      const { caller } = await open(scope, { port, tls: { ...trusted, cert: known.cert, key: known.key } });
      caller.socket.write('known\n');
      same('the line, reversed', (await caller.read(6)).toString(), 'nwonk\n');
      return (await program.prints(/Peer certificate: CN = client-7/))[0];
    }),
    check('a server that is killed ends the connection', async (scope) => {
      const { port, program } = await sServer(scope, certificates);
      const { caller } = await open(scope, { port, tls: trusted });
      caller.socket.write('alive\n');
      await caller.read(6);
      program.process.kill('SIGKILL');
      const { by } = await caller.ending();
      if (by !== 'end' && by !== 'ECONNRESET') throw new Error(`ended by ${by}`);
      return by;
    }),
    check('a server that never answers the handshake: connectTimeout', async (scope) => {
      const silent = createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1');
      scope.defer(() => silent.close());
      await once(silent, 'listening');
      const startedAt = performance.now();
      const { port } = silent.address() as AddressInfo;
      const code = await rejects(connect({ port, host: '127.0.0.1', tls: trusted, connectTimeout: CONNECT_TIMEOUT }), /^ERR_TCP_CONNECT_TIMEOUT$/);
      const after = performance.now() - startedAt;
      within('rejected after, in ms', after, CONNECT_TIMEOUT - 1, CONNECT_TIMEOUT + SLACK);
      return `${code} after ${Math.round(after)} ms of ${CONNECT_TIMEOUT}`;
    }),
  ];
}

async function sServer(scope: Scope, { server }: Certificates, ...args: readonly string[]): Promise<{ port: number; program: Program }> {
  const program = new Program(scope, 'openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', server.certFile, '-key', server.keyFile, '-rev', ...args]);
  const port = Number((await program.prints(/^ACCEPT 127\.0\.0\.1:(\d+)$/m))[1]);
  return { port, program };
}

async function open(scope: Scope, options: { port: number; tls: NonNullable<Parameters<typeof connect>[0]['tls']> }): Promise<{ caller: Caller<TLSSocket>; socket: TLSSocket }> {
  const socket = (await connect({ host: '127.0.0.1', ...options })) as unknown as TLSSocket;
  return { caller: new Caller(scope, socket), socket };
}

/** Gives the code. @throws where it does not reject with such a one. */
async function rejects(connecting: ReturnType<typeof connect>, code: RegExp): Promise<string> {
  const error = await connecting.then((socket) => socket.destroy(), (reason: NodeJS.ErrnoException) => reason);
  return matches('the code', error instanceof Error ? String(error.code) : 'a connection', code)[0];
}
