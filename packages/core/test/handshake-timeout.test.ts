import { describe, expect, it } from 'vitest';
import type { TCPOptions } from '../src/index.js';
import { makeCertificate } from './certificates.js';
import { closed, dial, serve, until } from './sockets.js';

const tls = await makeCertificate('localhost');
const HEADER = 'PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n';
const CLIENT_HELLO = Buffer.from('16030100c8010000c40303', 'hex');
/** What a busy machine may take to look at a timer. */
const LATE = 1000;

const behindProxy: TCPOptions = { proxyProtocol: 'any', trustedProxies: ['127.0.0.1'] };

describe('handshakeTimeout', () => {
  it.each<[string, TCPOptions, (string | Buffer)[]]>([
    ['says nothing to a TLS server', { tls }, []],
    ['sends half a ClientHello', { tls }, [CLIENT_HELLO]],
    ['sends no PROXY header', behindProxy, []],
    ['sends half a PROXY header', behindProxy, [HEADER.slice(0, 20)]],
    ['sends its PROXY header and then nothing', { ...behindProxy, tls }, [HEADER]],
    ['sends its PROXY header and half a ClientHello', { ...behindProxy, tls }, [HEADER, CLIENT_HELLO]],
  ])('ends a connection whose peer %s', async (_, options, bytes) => {
    const refusals: string[] = [];
    const handshakeTimeout = 150;
    const { server, port } = await serve({ ...options, handshakeTimeout, onRefuse: (reason) => refusals.push(reason) });
    const socket = await dial(port);
    const since = performance.now();
    for (const part of bytes) socket.write(part);
    await closed(socket.resume());
    const took = performance.now() - since;
    // The clock starts at accept, which may be before the client hears that it is connected.
    expect(took).toBeGreaterThan(handshakeTimeout - 100);
    expect(took).toBeLessThan(handshakeTimeout + LATE);
    await until(() => server.stats().handshaking === 0);
    expect(refusals).toEqual(['ERR_TCP_HANDSHAKE_TIMEOUT']);
    expect(server.stats()).toMatchObject({ accepted: 0, refusedByCode: { ERR_TCP_HANDSHAKE_TIMEOUT: 1 } });
    await server.close();
  });

  it('is not moved by a peer that drips', async () => {
    const { server, port } = await serve({ ...behindProxy, handshakeTimeout: 200 });
    const socket = await dial(port);
    let at = 0;
    const drip = setInterval(() => {
      if (at < HEADER.length - 1 && socket.writable) socket.write(HEADER[at++] ?? '');
    }, 20);
    await closed(socket.resume());
    clearInterval(drip);
    expect(at).toBeLessThan(HEADER.length - 1);
    await until(() => server.stats().handshaking === 0);
    expect(server.stats().refusedByCode).toEqual({ ERR_TCP_HANDSHAKE_TIMEOUT: 1 });
    await server.close();
  });

  it('holds for each connection from its own accept, also after it was shortened', async () => {
    const ended: string[] = [];
    const { server, port } = await serve({ ...behindProxy, handshakeTimeout: 60_000 });
    const patient = await dial(port);
    void closed(patient.resume()).then(() => ended.push('patient'));
    await until(() => server.stats().handshaking === 1);
    server.withOptions({ tcp: { handshakeTimeout: 50 } });
    const hurried = await dial(port);
    await closed(hurried.resume());
    server.withOptions({ tcp: { handshakeTimeout: 100 } });
    const next = await dial(port);
    await closed(next.resume());
    expect(ended).toEqual([]);
    await server.shutdown({ gracePeriod: 0 });
    await closed(patient);
    expect(server.stats().refusedByCode).toEqual({ ERR_TCP_HANDSHAKE_TIMEOUT: 2, ERR_TCP_DRAINING: 1 });
  });

  it('is off with 0 and Infinity', async () => {
    for (const handshakeTimeout of [0, Infinity]) {
      const { server, port } = await serve({ ...behindProxy, handshakeTimeout });
      const socket = await dial(port);
      await until(() => server.stats().handshaking === 1);
      // A timer of 0 or Infinity milliseconds would fire at once.
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      expect(server.stats().handshaking).toBe(1);
      socket.destroy();
      await server.close();
    }
  });

  it('is of no concern to a connection that is served', async () => {
    const { server, port } = await serve({ ...behindProxy, handshakeTimeout: 80, onConnection: (socket) => socket.pipe(socket) });
    const socket = await dial(port);
    socket.write(HEADER);
    await until(() => server.stats().open === 1);
    const stalled = await dial(port);
    await closed(stalled.resume());
    await until(() => server.stats().refused === 1);
    expect(server.stats()).toMatchObject({ open: 1, handshaking: 0 });
    socket.destroy();
    await server.close();
  });
});
