import { once } from 'node:events';
import { createServer as createNetServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTLSServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { connect } from '../src/index.js';
import { makeCertificate } from './certificates.js';
import { closed, readAll } from './sockets.js';

const { cert, key } = await makeCertificate('localhost');

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('connect', () => {
  it('gives a socket that can be used, with marks of 64 KiB and an error listener', async () => {
    const server = createNetServer((socket) => socket.end('hello'));
    const port = await listening(server);
    const socket = await connect({ port, host: '127.0.0.1' });
    expect([socket.readableHighWaterMark, socket.writableHighWaterMark]).toEqual([65_536, 65_536]);
    expect(socket.listenerCount('error')).toBe(1);
    expect((await readAll(socket)).toString()).toBe('hello');
    server.close();
  });

  it('sets the marks that it is told', async () => {
    const server = createNetServer((socket) => socket.end());
    const port = await listening(server);
    const socket = await connect({ port, readableHighWaterMark: 1000, writableHighWaterMark: 2000 });
    expect([socket.readableHighWaterMark, socket.writableHighWaterMark]).toEqual([1000, 2000]);
    await closed(socket.resume());
    server.close();
  });

  it('connects to a unix socket', async () => {
    const path = join(tmpdir(), `verb-tcp-connect-${process.pid}.sock`);
    const server = createNetServer((socket) => socket.end('unix')).listen(path);
    await once(server, 'listening');
    expect((await readAll(await connect({ path }))).toString()).toBe('unix');
    server.close();
  });

  it.skipIf(process.platform === 'win32')('refuses a path that the system would cut off', async () => {
    await expect(connect({ path: `/${'x'.repeat(110)}` })).rejects.toThrow(/^path must have at most \d+ bytes, got 111$/);
  });

  it('speaks TLS, and settles only when the handshake is over', async () => {
    const server = createTLSServer({ key, cert }, (socket) => socket.end('secret'));
    const port = await listening(server);
    const socket = await connect({ port, host: 'localhost', tls: { ca: cert } });
    expect((socket as unknown as { authorized: boolean }).authorized).toBe(true);
    expect((await readAll(socket)).toString()).toBe('secret');
    await expect(connect({ port, host: 'localhost', tls: {} })).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    server.close();
  });

  it('passes the errors of the system through', async () => {
    const server = createNetServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    await expect(connect({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('gives up after connectTimeout, where a TLS handshake is never answered', async () => {
    const server = createNetServer((socket) => socket.resume());
    const port = await listening(server);
    const startedAt = performance.now();
    await expect(connect({ port, host: '127.0.0.1', tls: {}, connectTimeout: 100 })).rejects.toMatchObject({ code: 'ERR_TCP_CONNECT_TIMEOUT' });
    // Timers round down to whole milliseconds.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(99);
    server.close();
    await once(server, 'close');
  });

  it('rejects with the reason of its signal, and leaves nothing open', async () => {
    const server = createNetServer((socket) => socket.resume());
    const port = await listening(server);
    const reason = new Error('changed my mind');
    const early = AbortSignal.abort(reason);
    await expect(connect({ port, signal: early })).rejects.toBe(reason);
    const late = new AbortController();
    const connecting = connect({ port, host: '127.0.0.1', tls: {}, signal: late.signal });
    server.once('connection', () => late.abort(reason));
    await expect(connecting).rejects.toBe(reason);
    server.close();
    await once(server, 'close');
  });

  it('survives a peer that resets before anybody listens for errors', async () => {
    const server = createNetServer((socket) => socket.on('data', () => socket.resetAndDestroy()));
    const port = await listening(server);
    const socket = await connect({ port, host: '127.0.0.1' });
    socket.resume().write('reset me');
    await closed(socket);
    expect(socket.destroyed).toBe(true);
    server.close();
  });

  it.each([
    [{ port: 0 }, 'port must be an integer from 1 to 65535, got 0'],
    [{ port: 1, connectTimeout: 0 }, 'connectTimeout must be an integer from 1 to 2147483647, or Infinity, got 0'],
    [{ port: 1, keepAliveInitialDelay: 1 }, 'keepAliveInitialDelay must be an integer from 1000 to 2147483647, got 1'],
    [{ port: '80' as never }, 'port must be an integer from 1 to 65535, got "80"'],
  ])('rejects for %j', async (options, message) => {
    await expect(connect(options)).rejects.toThrowError(new RangeError(message));
  });

  it.each([
    [{}, 'connect needs a port (and host), or a path'],
    [{ host: 'x' }, 'connect needs a port (and host), or a path'],
    [{ path: '/a', port: 3 }, 'path and port are both given: connect to one of them'],
  ])('rejects for %j', async (options, message) => {
    await expect(connect(options)).rejects.toThrowError(new TypeError(message));
  });
});
