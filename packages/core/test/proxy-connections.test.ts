import { once } from 'node:events';
import { connect as connectTLS } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createServer, type ConnectionInfo, type TCPOptions } from '../src/index.js';
import { TrustedProxies } from '../src/trusted-proxies.js';
import { makeCertificate } from './certificates.js';
import { v2 } from './proxy-headers.js';
import { closed, deferred, dial, readAll, serve, until } from './sockets.js';

const tls = await makeCertificate('localhost');
const V1 = 'PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n';
const behindProxy: TCPOptions = { proxyProtocol: 'any', trustedProxies: ['127.0.0.1'] };

describe('behind a proxy', () => {
  it('a connection is the client’s, in info and on the socket, also after its end', async () => {
    const seen = deferred<unknown>();
    let asked: ConnectionInfo | undefined;
    const { server, port } = await serve({
      ...behindProxy,
      accept: (info) => (asked = info) !== undefined,
      onConnection: (socket, info) => {
        socket.end(`${socket.remoteAddress} ${socket.remoteFamily} ${socket.remotePort}`);
        socket.resume().on('close', () => seen.resolve([info, info === asked, socket.remoteAddress, socket.remotePort]));
      },
    });
    const client = await dial(port);
    client.write(V1);
    expect((await readAll(client)).toString()).toBe('192.0.2.1 IPv4 1000');
    const proxy = {
      version: 1,
      command: 'proxy',
      remoteAddress: '127.0.0.1',
      remotePort: client.localPort ?? expect.any(Number),
      destinationAddress: '192.0.2.2',
      destinationPort: 2000,
      tlvs: [],
    };
    expect(await seen.promise).toEqual([
      { id: 1, remoteAddress: '192.0.2.1', remotePort: 1000, localAddress: '127.0.0.1', localPort: port, proxy },
      true,
      '192.0.2.1',
      1000,
    ]);
    await server.close();
  });

  it('a byte behind the header is the first one that the application reads, however they arrive', async () => {
    const header = v2();
    for (const cut of [1, 12, 15, header.length - 1, header.length, header.length + 1]) {
      const { server, port } = await serve({ ...behindProxy, onConnection: (socket) => socket.pipe(socket) });
      const bytes = Buffer.concat([header, Buffer.from('first bytes')]);
      const client = await dial(port);
      client.write(bytes.subarray(0, cut));
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      client.end(bytes.subarray(cut));
      expect((await readAll(client)).toString(), `cut at ${cut}`).toBe('first bytes');
      await server.close();
    }
  });

  it.each([
    ['a data listener attached later', (socket: NodeJS.ReadableStream & NodeJS.WritableStream) => setImmediate(() => socket.on('data', (data) => socket.write(data)))],
    ['a pipe', (socket: NodeJS.ReadableStream & NodeJS.WritableStream) => socket.pipe(socket)],
    ['an iterator', async (socket: NodeJS.ReadableStream & NodeJS.WritableStream) => { for await (const data of socket) socket.write(data as Buffer); }],
    ['a pause and a resume', (socket: NodeJS.ReadableStream & NodeJS.WritableStream) => {
      socket.on('data', (data) => socket.write(data)).pause();
      setImmediate(() => setImmediate(() => socket.resume()));
    }],
  ])('%s gets all bytes', async (_, onConnection) => {
    const { server, port } = await serve({ ...behindProxy, onConnection });
    const client = await dial(port);
    client.write(`${V1}hello`);
    const [data] = (await once(client, 'data')) as [Buffer];
    expect(data.toString()).toBe('hello');
    client.end(' and more');
    expect((await readAll(client)).toString()).toBe(' and more');
    await server.close();
  });

  it('a socket that was paused in onConnection stays paused', async () => {
    const paused = deferred<boolean>();
    const { server, port } = await serve({
      ...behindProxy,
      onConnection: (socket) => {
        let got = 0;
        socket.on('data', (data) => (got += data.length)).pause();
        setTimeout(() => paused.resolve(socket.isPaused() && got === 0), 30);
      },
    });
    const client = await dial(port);
    client.write(`${V1}hello`);
    expect(await paused.promise).toBe(true);
    client.destroy();
    await server.shutdown({ gracePeriod: 0 });
  });

  it('pauseOnConnect holds, with the header read', async () => {
    for (const options of [behindProxy, { ...behindProxy, tls }, { tls }]) {
      const paused = deferred<unknown>();
      const { server, port } = await serve({
        ...options,
        pauseOnConnect: true,
        onConnection: (socket, info) => {
          const wasPaused = socket.isPaused();
          socket.on('data', (data) => socket.write(data));
          paused.resolve([wasPaused, info.remoteAddress]);
          setImmediate(() => socket.resume());
        },
      });
      const raw = await dial(port);
      if (options.proxyProtocol) raw.write(V1);
      const client = options.tls ? connectTLS({ socket: raw, rejectUnauthorized: false }).on('error', () => undefined) : raw;
      client.write('hello');
      expect(String((await once(client, 'data'))[0])).toBe('hello');
      expect(await paused.promise).toEqual([true, options.proxyProtocol ? '192.0.2.1' : '127.0.0.1']);
      client.destroy();
      await server.shutdown({ gracePeriod: 0 });
    }
  });

  it('the header comes before TLS, in one chunk with the handshake or not', async () => {
    const { server, port } = await serve({ ...behindProxy, tls, onConnection: (socket, info) => socket.end(`${info.remoteAddress} ${info.tls?.protocol} ${socket.remoteAddress}`) });
    for (const isCorked of [true, false]) {
      const raw = await dial(port);
      if (isCorked) raw.cork();
      raw.write(V1);
      const client = connectTLS({ socket: raw, rejectUnauthorized: false });
      setImmediate(() => raw.uncork());
      expect((await readAll(client)).toString()).toBe('192.0.2.1 TLSv1.3 192.0.2.1');
    }
    await server.close();
  });

  it.each([
    ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), 'proxy'],
    ['LOCAL', v2({ versionAndCommand: 0x20 }), 'local'],
  ])('%s leaves the addresses of the connection itself', async (_, header, command) => {
    const infos: ConnectionInfo[] = [];
    const { server, port } = await serve({ ...behindProxy, onConnection: (socket, info) => infos.push(info) && socket.end(String(socket.remoteAddress)) });
    const client = await dial(port);
    client.write(header);
    expect((await readAll(client)).toString()).toBe('127.0.0.1');
    expect(infos[0]).toMatchObject({ remoteAddress: '127.0.0.1', proxy: { command, destinationAddress: undefined } });
    await server.close();
  });

  it.each([
    ['what is no header', 'GET / HTTP/1.1\r\n\r\n', 'ERR_TCP_PROXY_INVALID'],
    ['a header without end', `PROXY ${'x'.repeat(200)}`, 'ERR_TCP_PROXY_TOO_LONG'],
    ['the end of the connection within the header', V1.slice(0, 20), 'ERR_TCP_PROXY_TRUNCATED'],
    ['the end of the connection before it', '', 'ERR_TCP_PROXY_TRUNCATED'],
  ])('%s is refused, counted, and never reaches accept', async (_, bytes, code) => {
    const told: unknown[] = [];
    const { server, port } = await serve({
      ...behindProxy,
      accept: () => told.push('accept') > 0,
      onConnection: () => told.push('connection'),
      onRefuse: (reason, { remoteAddress }) => told.push(reason, remoteAddress),
      onDisconnect: () => told.push('disconnect'),
    });
    const client = await dial(port);
    client.end(bytes);
    await closed(client.resume());
    await until(() => server.stats().refused === 1);
    await server.close();
    expect(told).toEqual([code, '127.0.0.1']);
    expect(server.stats().refusedByCode).toEqual({ [code]: 1 });
  });

  it('a reset within the header is refused once, whatever came before', async () => {
    const { server, port } = await serve(behindProxy);
    const client = await dial(port);
    client.write(V1.slice(0, 20));
    await until(() => server.stats().handshaking === 1);
    client.resetAndDestroy();
    await until(() => server.stats().refused === 1);
    expect(server.stats()).toMatchObject({ refusedByCode: { ERR_TCP_PROXY_TRUNCATED: 1 }, handshaking: 0 });
    await server.close();
  });

  it('a peer that is none of trustedProxies is refused with nothing read of its header', async () => {
    const told: unknown[] = [];
    const { server, port } = await serve({
      proxyProtocol: 'any',
      trustedProxies: ['127.0.0.2', '10.0.0.0/8'],
      onConnection: () => told.push('connection'),
      onRefuse: (reason, info) => told.push(reason, info.remoteAddress, info.proxy),
    });
    const client = await dial(port);
    client.write(V1);
    await closed(client.resume());
    await until(() => server.stats().refused === 1);
    expect(told).toEqual(['ERR_TCP_UNTRUSTED_PROXY', '127.0.0.1', undefined]);
    await server.close();
  });
});

describe('trustedProxies', () => {
  it('are needed where proxyProtocol is, and the other way round', () => {
    expect(() => createServer().withOptions({ tcp: { proxyProtocol: 'v2' } })).toThrow('proxyProtocol needs trustedProxies');
    expect(() => createServer().withOptions({ tcp: { trustedProxies: ['::1'] } })).toThrow('trustedProxies needs proxyProtocol');
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'example.org', '', '10.0.0.0/8/8', '::1/129', '10.0.0.0/', '10.0.0.0/-1', '::ffff:10.0.0.0/95', 7])('%j is none', (entry) => {
    const tcp = { proxyProtocol: 'v1', trustedProxies: ['::1', entry] } as TCPOptions;
    expect(() => createServer().withOptions({ tcp })).toThrow(/^trustedProxies\[1\] must be an address, a block/);
  });

  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['unix', undefined, true],
    ['10.0.0.0/8', undefined, false],
  ])('%s: %s is trusted, %s', (entry, address, isTrusted) => {
    expect(new TrustedProxies([entry]).has(address, true)).toBe(isTrusted);
  });

  it('trusts nobody without an address but on a unix socket', () => {
    expect(new TrustedProxies(['unix']).has(undefined, false)).toBe(false);
  });
});
