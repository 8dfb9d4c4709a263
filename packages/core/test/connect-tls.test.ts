// What `connect` tells a TLS server, and what it makes of one that leaves during the handshake.
import { once } from 'node:events';
import { createServer as createNetServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect, type ConnectOptions, type TLSInfo } from '../src/index.js';
import { makeCertificate } from './certificates.js';
import { closed, deferred, serve } from './sockets.js';

const certificate = await makeCertificate('localhost');
const ca = certificate.cert;

describe('the server name', () => {
  it.each<[string | undefined, string, ConnectOptions]>([
    ['localhost', 'is a host that is a name', { host: 'localhost', tls: { ca } }],
    ['localhost', 'is the default host', { tls: { ca } }],
    [undefined, 'is absent where the host is an address', { host: '127.0.0.1', tls: { ca } }],
    ['other.example', 'is what tls tells', { host: 'localhost', tls: { ca, servername: 'other.example', checkServerIdentity: () => undefined } }],
    [undefined, 'is absent where tls tells an empty one', { host: 'localhost', tls: { ca, servername: '' } }],
  ])('%s %s', async (name, _, options) => {
    const told = deferred<TLSInfo | undefined>();
    const { server, port } = await serve({ tls: certificate, onConnection: (socket, { tls }) => (told.resolve(tls), socket.end()) });
    await closed((await connect({ port, ...options })).resume());
    expect(await told.promise).toHaveProperty('serverName', name);
    await server.close();
  });
});

describe.each([
  ['ends', 'ERR_TCP_CLOSED'],
  ['resets', 'ECONNRESET'],
] as const)('a peer that %s the connection during the handshake', (how, code) => {
  it(`is ${code}`, async () => {
    const server = createNetServer((socket) => {
      socket.once('data', () => (how === 'ends' ? socket.end() : socket.resetAndDestroy())).on('error', () => undefined);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(connect({ port, host: '127.0.0.1', tls: {} })).rejects.toMatchObject(how === 'ends' ? { code, cause: expect.any(Error) as Error } : { code });
    server.close();
  });
});
