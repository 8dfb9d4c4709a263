import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTLS, createSecureContext, TLSSocket, type ConnectionOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createServer, type ConnectionInfo, type Disconnection, type TCPOptions } from '../src/index.js';
import { makeCertificate } from './certificates.js';
import { closed, dial, readAll, serve, until } from './sockets.js';

const [localhost, other, client, stranger] = await Promise.all(
  ['localhost', 'other.test', 'client', 'stranger'].map((name) => makeCertificate(name)),
);

/** A client over TLS, once its handshake is done; trusts whatever certificate the server has. */
async function dialSecurely(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** A TLS server that writes down what it is told. */
async function serveSecurely(tcp: TCPOptions) {
  const infos: ConnectionInfo[] = [];
  const refusals: string[] = [];
  const ends: [id: number, end: Disconnection][] = [];
  const { server, port } = await serve({
    tls: localhost,
    onConnection: (socket, info) => {
      infos.push(info);
      socket.pipe(socket);
    },
    onRefuse: (reason) => refusals.push(reason),
    onDisconnect: ({ id }, end) => ends.push([id, end]),
    ...tcp,
  });
  return { server, port, infos, refusals, ends };
}

describe('with tls', () => {
  it('hands over a TLS socket after the handshake, with 64 KiB marks, and what was agreed on', async () => {
    const sockets: unknown[] = [];
    const { server, port } = await serve({
      tls: { ...localhost, ALPNProtocols: ['echo/2', 'echo/1'] },
      onConnection: (socket, info) => {
        sockets.push(socket instanceof TLSSocket, socket.readableHighWaterMark, socket.writableHighWaterMark, info.tls);
        socket.end('secret');
      },
    });
    const socket = await dialSecurely(port, { servername: 'localhost', ALPNProtocols: ['echo/1'], maxVersion: 'TLSv1.2' });
    expect((await readAll(socket)).toString()).toBe('secret');
    expect(sockets).toEqual([
      true,
      65_536,
      65_536,
      {
        protocol: 'TLSv1.2',
        cipher: socket.getCipher()?.standardName ?? 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        serverName: 'localhost',
        alpnProtocol: 'echo/1',
        authorized: false,
        authorizationError: undefined,
        fingerprint256: undefined,
        sessionReused: false,
      },
    ]);
    await server.close();
  });

  it('carries 16 MiB there and back, and tells bytes as the application sees them', async () => {
    const { server, port, ends } = await serveSecurely({});
    const sent = Buffer.alloc(16 * 1024 * 1024, 'verb');
    const socket = await dialSecurely(port);
    socket.end(sent);
    expect((await readAll(socket)).equals(sent)).toBe(true);
    await server.close();
    expect(ends[0]?.[1]).toMatchObject({ bytesRead: sent.length, bytesWritten: sent.length, reason: undefined });
    expect(server.stats()).toMatchObject({ bytesRead: sent.length, bytesWritten: sent.length, accepted: 1, open: 0 });
  });

  it('serves the certificate of the name that the client asks for', async () => {
    const { server, port, infos } = await serveSecurely({
      tls: {
        ...localhost,
        SNICallback: (name, done) => done(null, name === 'other.test' ? createSecureContext(other) : undefined),
      },
    });
    const names: unknown[] = [];
    for (const servername of ['other.test', 'localhost']) {
      const socket = await dialSecurely(port, { servername });
      names.push(new X509Certificate(socket.getPeerCertificate().raw).checkHost(servername));
      await closed(socket.end().resume());
    }
    expect(names).toEqual(['other.test', 'localhost']);
    expect(infos.map(({ tls }) => tls?.serverName)).toEqual(['other.test', 'localhost']);
    await server.close();
  });

  it('knows clients by their certificate, and refuses the others where it is required', async () => {
    const accepted: number[] = [];
    const { server, port, infos, refusals, ends } = await serveSecurely({
      tls: { ...localhost, requestCert: true, rejectUnauthorized: true, ca: client?.cert },
      accept: ({ id }) => accepted.push(id) > 0,
    });
    const known = await dialSecurely(port, client);
    await closed(known.end().resume());
    expect(infos[0]?.tls).toMatchObject({
      authorized: true,
      authorizationError: undefined,
      fingerprint256: new X509Certificate(client?.cert ?? '').fingerprint256,
    });
    for (const certificate of [{}, stranger]) {
      // TLS 1.3 clients are done before the server has looked at their certificate.
      const socket = connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false, ...certificate }).on('error', () => undefined);
      await closed(socket.resume());
    }
    await server.close();
    expect(infos).toHaveLength(1);
    expect(refusals).toEqual(['ERR_TCP_TLS_FAILED', 'ERR_TCP_TLS_FAILED']);
    // What `accept` let in is given back, each once.
    expect(accepted).toEqual([1, 2, 3]);
    expect(ends.map(([id]) => id)).toEqual([1, 2, 3]);
    expect(ends[2]?.[1].reason).toMatchObject({ code: 'ERR_TCP_TLS_FAILED', message: expect.stringContaining('SELF_SIGNED') as string });
  });

  it('takes a client without certificate where none is required, and says so', async () => {
    const { server, port, infos } = await serveSecurely({
      tls: { ...localhost, requestCert: true, rejectUnauthorized: false, ca: client?.cert },
    });
    const socket = await dialSecurely(port, stranger);
    await closed(socket.end().resume());
    expect(infos[0]?.tls).toMatchObject({ authorized: false, authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await server.close();
  });

  it('resumes sessions', async () => {
    const { server, port, infos } = await serveSecurely({});
    const first = connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const [session] = (await once(first, 'session')) as [Buffer];
    await closed(first.end().resume());
    const second = await dialSecurely(port, { session });
    expect(second.isSessionReused()).toBe(true);
    await closed(second.end().resume());
    expect(infos.map(({ tls }) => tls?.sessionReused)).toEqual([false, true]);
    await server.close();
  });

  it('serves a renewed certificate to new connections, and leaves the old ones', async () => {
    const { server, port } = await serveSecurely({});
    const before = await dialSecurely(port);
    server.withOptions({ tcp: { tls: other } });
    const after = await dialSecurely(port);
    expect([before, after].map((socket) => socket.getPeerCertificate().subject.CN)).toEqual(['localhost', 'other.test']);
    before.write('still here');
    expect(String((await once(before, 'data'))[0])).toBe('still here');
    before.destroy();
    after.destroy();
    await server.close();
  });

  it('refuses plaintext at once', async () => {
    const { server, port, refusals, ends } = await serveSecurely({});
    const socket = await dial(port);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await closed(socket.resume());
    await server.close();
    expect(refusals).toEqual(['ERR_TCP_TLS_FAILED']);
    expect(ends[0]?.[1].reason).toMatchObject({
      code: 'ERR_TCP_TLS_FAILED',
      message: 'the TLS handshake failed: http request (ERR_SSL_HTTP_REQUEST)',
      cause: { code: 'ERR_SSL_HTTP_REQUEST' },
    });
    expect(server.stats()).toMatchObject({ accepted: 0, handshaking: 0, refusedByCode: { ERR_TCP_TLS_FAILED: 1 } });
  });

  it.each([
    ['resets', (socket: Awaited<ReturnType<typeof dial>>) => socket.resetAndDestroy()],
    ['ends', (socket: Awaited<ReturnType<typeof dial>>) => socket.end()],
  ])('refuses a peer that %s in its handshake', async (_, leave) => {
    const { server, port, refusals, ends } = await serveSecurely({});
    const socket = await dial(port);
    await until(() => server.stats().handshaking === 1);
    leave(socket.resume());
    await until(() => ends.length === 1);
    await server.close();
    expect(refusals).toEqual(['ERR_TCP_TLS_FAILED']);
    expect(server.stats()).toMatchObject({ open: 0, handshaking: 0, refused: 1 });
  });

  it('counts connections in their handshake towards maxConnections', async () => {
    const { server, port, refusals } = await serveSecurely({ maxConnections: 2 });
    const stalled = [await dial(port), await dial(port)];
    await until(() => server.stats().handshaking === 2);
    const third = await dial(port);
    await closed(third.resume());
    expect(refusals).toEqual(['ERR_TCP_CONNECTION_LIMIT']);
    stalled[0]?.destroy();
    await until(() => server.stats().handshaking === 1);
    const fits = await dialSecurely(port);
    fits.destroy();
    stalled[1]?.destroy();
    await server.close();
  });

  it('asks accept before the handshake', async () => {
    const { server, port, refusals } = await serveSecurely({ accept: ({ tls }) => tls !== undefined });
    const socket = await dial(port);
    await closed(socket.resume());
    expect(socket.bytesRead).toBe(0);
    expect(refusals).toEqual(['ERR_TCP_NOT_ACCEPTED']);
    await server.close();
  });

  it('refuses handshakes when it drains, and delivers what was written before', async () => {
    const { server, port, refusals, infos } = await serveSecurely({ onConnection: (socket) => socket.write(Buffer.alloc(1_000_000)) });
    const stalled = await dial(port);
    const reader = await dialSecurely(port);
    const received = readAll(reader);
    await until(() => server.stats().handshaking === 1 && server.stats().accepted === 1);
    const report = await server.shutdown({ gracePeriod: 5000 });
    await closed(stalled.resume());
    expect(report).toMatchObject({ drained: 1, forced: 0, unflushedBytes: 0 });
    expect((await received).length).toBe(1_000_000);
    expect(refusals).toEqual(['ERR_TCP_DRAINING']);
    expect(infos).toEqual([]);
  });

  it('keeps the process alive when a peer resets, and when a listener throws', async () => {
    const errors: Error[] = [];
    const { server, port, ends } = await serveSecurely({
      onConnection: (socket) => socket.on('data', () => { throw new Error('boom'); }),
      onError: (error) => errors.push(error),
    });
    const thrower = await dialSecurely(port);
    thrower.write('x');
    await closed(thrower.resume());
    const raw = await dial(port);
    await dialSecurely(port, { socket: raw });
    await until(() => server.stats().accepted === 2);
    raw.resetAndDestroy();
    await until(() => ends.length === 2);
    expect(errors.map((error) => (error as NodeJS.ErrnoException).code)).toEqual(['ERR_TCP_HANDLER_FAILED']);
    await server.close();
  });

  it('throws at once for a certificate that cannot be read, and nothing is set', async () => {
    const server = createServer();
    expect(() => server.withOptions({ tcp: { tls: { key: 'no key', cert: 'no certificate' }, maxConnections: 5 } })).toThrow(/^tls: .*(PEM|no start line)/i);
    expect(() => server.withOptions({ tcp: { tls: {} } })).toThrow(/^tls needs cert and key, or pfx/);
    const { port } = await server.withOptions({ host: '127.0.0.1', tcp: { onConnection: (socket) => socket.end('plain') } }).listen(0);
    expect((await readAll(await dial(port))).toString()).toBe('plain');
    await server.close();
    expect(server.stats().maxConnections).not.toBe(5);
  });
});
