import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tcpSocketConformance, type MakePair } from '@verb-tcp/testing';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { connect, createServer, type ConnectionInfo, type TCPOptions } from '../src/index.js';
import { makeCertificate } from './certificates.js';
import { closed, deferred, readAll, until } from './sockets.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verb-tcp-'));
  path = join(folder, 'socket');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What the server says to the first byte. */
async function ask(): Promise<string> {
  const client = await connect({ path });
  client.end('hello');
  return (await readAll(client)).toString();
}

const echo = (socket: Socket): unknown => socket.pipe(socket);

describe('a server on a unix socket', () => {
  it('has the address { path }, and removes its file when it closes', async () => {
    const server = createServer().withOptions({ tcp: { path, onConnection: echo } });
    expect(server.address()).toBeNull();
    expect(await server.listen()).toEqual({ path });
    expect(server.address()).toEqual({ path });
    expect(statSync(path).isSocket()).toBe(true);
    expect(await ask()).toBe('hello');
    await server.close();
    expect(server.address()).toBeNull();
    expect(existsSync(path)).toBe(false);
    // And again.
    expect(await server.listen()).toEqual({ path });
    await server.close();
  });

  it('has a path as long as the system takes, and no longer one: Node would cut it off', async (context) => {
    context.skip(process.platform !== 'linux', 'other systems take other lengths');
    const longest = join(folder, 'x'.repeat(107 - folder.length - 1));
    const server = createServer().withOptions({ tcp: { path: longest } });
    expect(await server.listen()).toEqual({ path: longest });
    expect(statSync(longest).isSocket()).toBe(true);
    await server.close();
    expect(() => createServer().withOptions({ tcp: { path: `${longest}x` } })).toThrow(
      new RangeError('path must have at most 107 bytes, got 108'),
    );
  });

  it('listens on the port that listen is given all the same', async () => {
    await using server = createServer().withOptions({ host: '127.0.0.1', tcp: { path } });
    expect(await server.listen(0)).toMatchObject({ address: '127.0.0.1' });
    expect(existsSync(path)).toBe(false);
  });

  it('knows no addresses, counts and drains as on a port', async () => {
    const infos: ConnectionInfo[] = [];
    const ends: unknown[] = [];
    const reasons: string[] = [];
    const server = createServer().withOptions({
      tcp: {
        path,
        maxConnections: 1,
        onConnection: (socket, info) => {
          infos.push(info);
          echo(socket);
        },
        onRefuse: (reason) => reasons.push(reason),
        onDisconnect: (_, end) => ends.push(end),
      },
    });
    await server.listen();
    const client = await connect({ path });
    await until(() => server.stats().open === 1);
    const extra = await connect({ path });
    await closed(extra.resume());
    expect(infos).toMatchObject([{ id: 1, remoteAddress: undefined, remotePort: undefined, localAddress: undefined, localPort: undefined }]);
    expect(reasons).toEqual(['ERR_TCP_CONNECTION_LIMIT']);
    const received = readAll(client);
    expect(await server.shutdown({ gracePeriod: 2000, notice: 'bye' })).toMatchObject({ drained: 1, forced: 0 });
    expect((await received).toString()).toBe('bye');
    expect(ends).toMatchObject([{ reason: undefined, bytesWritten: 3 }]);
    expect(existsSync(path)).toBe(false);
  });

  it('replaces the file of a server that was killed, and not that of one that lives', async () => {
    const child = spawn(process.execPath, [join(inject('fixtures'), 'path-server.js'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(line.toString().trim()).toBe(path);
    const told = deferred<Error>();
    await using server = createServer().withOptions({ tcp: { path, onConnection: echo, onError: told.resolve } });
    await expect(server.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(await told.promise).toMatchObject({ code: 'EADDRINUSE' });
    expect(server.address()).toBeNull();
    expect(await ask()).toBe('hello');
    child.kill('SIGKILL');
    await exited;
    expect(existsSync(path)).toBe(true);
    expect(await server.listen()).toEqual({ path });
    expect(await ask()).toBe('hello');
  });

  it('leaves a file that is no socket as it is', async () => {
    writeFileSync(path, 'precious');
    await expect(createServer().withOptions({ tcp: { path } }).listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });
});

const certificate = await makeCertificate('localhost');

let pairs = 0;

/** An accepted and a dialled socket of a server on a unix socket. */
function makePairWith(tcp: TCPOptions, ca?: string): MakePair {
  return async ({ allowHalfOpen } = {}) => {
    const ours = join(folder, `${++pairs}`);
    const accepted = deferred<Socket>();
    const server = createServer().withOptions({ tcp: { ...tcp, path: ours, allowHalfOpen, onConnection: accepted.resolve } });
    await server.listen();
    const tls = ca === undefined ? undefined : { ca, servername: 'localhost' };
    const dialled = await connect({ path: ours, allowHalfOpen, tls });
    const socket = await accepted.promise;
    void server.close();
    return [socket, dialled];
  };
}

const kinds: [name: string, makePair: MakePair][] = [
  ['over a unix socket', makePairWith({})],
  ['TLS over a unix socket', makePairWith({ tls: certificate }, certificate.cert)],
];

describe.each(kinds)('%s', (_, makePair) => {
  it.each(tcpSocketConformance(makePair, { lacks: ['addresses'] }))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
