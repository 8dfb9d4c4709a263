import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import type { TCPOptions } from '../src/index.js';
import { closed, deferred, dial, readAll, serve } from './sockets.js';

const KIB = 1024;

/** The server's side of one connection. */
async function accepted(tcp: TCPOptions) {
  const socket = deferred<Socket>();
  const { server, port } = await serve({ ...tcp, onConnection: socket.resolve });
  const client = await dial(port, { allowHalfOpen: true });
  return { server, client, socket: await socket.promise };
}

/** The options that the system has for a socket, asked by a process that is handed its descriptor. */
async function systemOptions(socket: Socket) {
  const script = `
import socket, json
s = socket.socket(fileno=0)
get = lambda level, name: s.getsockopt(level, name)
print(json.dumps({
  "keepAlive": get(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
  "idle": get(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
  "noDelay": get(socket.IPPROTO_TCP, socket.TCP_NODELAY),
}))`;
  const python = spawn('python3', ['-c', script], { stdio: [socket, 'pipe', 'inherit'] });
  const [out] = (await once(python.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return JSON.parse(out.toString()) as { keepAlive: number; idle: number; noDelay: number };
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe('options of the system', () => {
  const cases: [string, TCPOptions, object][] = [
    ['are keep-alive after a minute and no delay by default', {}, { keepAlive: 1, idle: 60, noDelay: 1 }],
    ['keepAlive and noDelay can be off', { keepAlive: false, noDelay: false }, { keepAlive: 0, noDelay: 0 }],
    ['keepAliveInitialDelay is set', { keepAliveInitialDelay: 17_000 }, { keepAlive: 1, idle: 17 }],
  ];
  it.for(cases)('%s', async ([, tcp, expected], context) => {
    if (!hasPython || process.platform !== 'linux') context.skip('needs python3 on Linux, which can read the options of a descriptor');
    const { server, client, socket } = await accepted(tcp);
    expect(await systemOptions(socket)).toMatchObject(expected);
    client.destroy();
    await server.shutdown({ gracePeriod: 0 });
  });
});

describe('allowHalfOpen', () => {
  it('is off by default: the end of the peer ends us', async () => {
    const { server, client, socket } = await accepted({});
    socket.resume();
    client.end();
    expect(await readAll(client)).toHaveLength(0);
    expect(socket.writableEnded).toBe(true);
    await server.close();
  });

  it('lets us answer after the end of the peer', async () => {
    const { server, client, socket } = await accepted({ allowHalfOpen: true });
    client.end('question');
    socket.resume();
    await once(socket, 'end');
    socket.end('late answer');
    expect((await readAll(client)).toString()).toBe('late answer');
    await server.close();
  });
});

describe('pauseOnConnect', () => {
  it('reads nothing before resume, although a listener is there', async () => {
    const { server, client, socket } = await accepted({ pauseOnConnect: true });
    const chunks: string[] = [];
    socket.on('data', (chunk) => chunks.push(chunk.toString()));
    await new Promise<void>((resolve) => client.write('early', () => resolve()));
    await new Promise(setImmediate);
    expect(socket.isPaused()).toBe(true);
    expect(chunks).toEqual([]);
    socket.resume();
    await once(socket, 'data');
    expect(chunks).toEqual(['early']);
    client.destroy();
    await server.close();
  });
});

describe('marks', () => {
  it('are 64 KiB by default on every version of Node', async () => {
    const { server, client, socket } = await accepted({});
    expect([socket.readableHighWaterMark, socket.writableHighWaterMark]).toEqual([65_536, 65_536]);
    client.destroy();
    await server.close();
  });

  it.each([8 * KIB, 512 * KIB])('of %i bytes decide when write says wait', async (writableHighWaterMark) => {
    const { server, client, socket } = await accepted({ writableHighWaterMark });
    socket.cork();
    expect(socket.write(Buffer.alloc(writableHighWaterMark - 1))).toBe(true);
    expect(socket.write('.')).toBe(false);
    client.destroy();
    await server.shutdown({ gracePeriod: 0 });
  });

  it.each([16 * KIB, 1024 * KIB])('of %i bytes decide how far reading runs ahead', async (readableHighWaterMark) => {
    const { server, client, socket } = await accepted({ readableHighWaterMark });
    socket.on('readable', () => undefined);
    client.write(Buffer.alloc(4096 * KIB));
    while (socket.readableLength < readableHighWaterMark) await once(socket, 'readable');
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    // One read of at most 64 KiB may be under way when the mark is reached.
    expect(socket.readableLength).toBeLessThan(readableHighWaterMark + 64 * KIB);
    client.destroy();
    await server.shutdown({ gracePeriod: 0 });
  });
});

describe('backlog', () => {
  /** Connects 50 clients from another process while this one is blocked and accepts nobody. */
  const connectedWhileBusy = async (backlog: number) => {
    const { server, port } = await serve({ backlog, onConnection: (socket) => socket.resume() });
    const script = `
      let connected = 0;
      for (let n = 0; n < 50; n++) require('net').connect(${port}, '127.0.0.1').on('connect', () => connected++).on('error', () => {});
      setTimeout(() => { console.log(connected); process.exit(); }, 500);`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 15_000 });
    await server.shutdown({ gracePeriod: 0 });
    return Number(stdout);
  };

  it('is how many clients the system holds while nobody accepts', async () => {
    expect(await connectedWhileBusy(4)).toBeLessThan(10);
    expect(await connectedWhileBusy(4096)).toBe(50);
  });
});

describe('exclusive', () => {
  it.each([
    [false, 'shared'],
    [true, 'EADDRINUSE'],
  ])('%s: a second worker of a cluster finds the port %s', (exclusive, outcome) => {
    const node = [join(inject('fixtures'), 'cluster.js'), String(exclusive)];
    // Three processes: seconds on a busy machine.
    const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', timeout: 60_000 });
    expect(stdout.trim(), stderr).toBe(outcome);
  }, 70_000);
});

it('the client sees the end when the server is disposed of', async () => {
  const { server, port } = await serve({});
  const client = await dial(port);
  {
    await using disposed = server;
    expect(disposed.address()?.port).toBe(port);
  }
  await closed(client.resume());
});
