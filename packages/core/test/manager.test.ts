import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, expect, inject, it } from 'vitest';
import { createServer, TCPServerManager } from '../src/index.js';
import { closed, dial, readAll, serve, until } from './sockets.js';

const NOTICE = '{"type":"server_shutdown","message":"Server is shutting down","gracePeriod":';
const framed = (json: string) => `${Buffer.byteLength(json)}\n${json}`;

interface ServerProcess {
  child: ChildProcessByStdio<null, Readable, Readable>;
  port: number;
  exit: Promise<number | null>;
  stderr: () => string;
}

async function startProcess(...parameters: string[]): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(inject('fixtures'), 'server-process.js'), ...parameters], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, port: Number(line.replace('port ', '')), exit, stderr: () => stderr };
}

describe('gracefulShutdown', () => {
  it('sends every connection the documented notice in the default frame, then ends it', async () => {
    const { server, port } = await serve({});
    const manager = new TCPServerManager(server, { gracePeriod: 250, signals: [], exit: false });
    const clients = [readAll(await dial(port)), readAll(await dial(port))];
    await until(() => server.connections.size === 2);
    expect(await manager.gracefulShutdown()).toMatchObject({ drained: 2, forced: 0, unflushedBytes: 0 });
    for (const client of clients) expect((await client).toString()).toBe(framed(`${NOTICE}250}`));
  });

  it('takes the encoder that it is given', async () => {
    const { server, port } = await serve({});
    const manager = new TCPServerManager(server, { gracePeriod: 100, signals: [], exit: false, encode: JSON.stringify });
    const client = readAll(await dial(port));
    await until(() => server.connections.size === 1);
    await manager.gracefulShutdown();
    expect((await client).toString()).toBe(`${NOTICE}100}`);
  });

  it('leaves the handlers of the application in place', async () => {
    const ends: unknown[] = [];
    const { server, port } = await serve({ onConnection: (socket) => socket.write('hello'), onDisconnect: () => ends.push(1) });
    const manager = new TCPServerManager(server, { gracePeriod: 50, signals: [], exit: false });
    const client = readAll(await dial(port));
    await until(() => server.connections.size === 1);
    const first = manager.gracefulShutdown();
    expect(manager.gracefulShutdown()).toBe(first);
    await first;
    expect((await client).toString()).toBe(`hello${framed(`${NOTICE}50}`)}`);
    expect(ends).toEqual([1]);
  });

  it('forgets the signals once it is over', async () => {
    const before = process.listenerCount('SIGTERM');
    const { server } = await serve({});
    const manager = new TCPServerManager(server, { exit: false });
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    await manager.gracefulShutdown();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it.each([
    [{ gracePeriod: -1 }, 'gracePeriod must be an integer from 0 to 2147483647, or Infinity, got -1'],
    [{ encode: 'x' as never }, 'encode must be a function, got string'],
    [{ encode: (() => 1) as never }, 'notice must be a string or a Uint8Array, got number'],
    [{ exit: 1 as never }, 'exit must be a boolean, got 1'],
    [{ signals: 'SIGTERM' as never }, 'signals must be an array, got string'],
  ])('refuses %j', (options, message) => {
    expect(() => new TCPServerManager(createServer(), options)).toThrowError(message);
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('drains and exits 0', async () => {
    const { child, port, exit } = await startProcess('400');
    const reading = readAll(await dial(port));
    const startedAt = performance.now();
    child.kill(signal);
    expect((await reading).toString()).toBe(framed(`${NOTICE}400}`));
    expect(await exit).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(400 + 600);
  });

  it('twice does not wait for a peer that holds on', async () => {
    const { child, port, exit } = await startProcess('60000');
    const client = await dial(port, { allowHalfOpen: true });
    child.kill(signal);
    await once(client, 'data');
    child.kill(signal);
    expect(await exit).toBe(signal === 'SIGTERM' ? 143 : 130);
    client.destroy();
  });
});

describe('a process with no error listener anywhere', () => {
  it('lives through resets, garbage and a throwing listener', async () => {
    const { child, port, exit, stderr } = await startProcess('100', 'throw');
    for (let n = 0; n < 20; n++) {
      const client = await dial(port);
      client.write(n % 2 === 0 ? 'throw' : Buffer.alloc(n * 3000, n));
      if (n % 4 < 2) client.resetAndDestroy();
      else if (n % 2 === 1) client.destroy();
      await closed(client.resume());
    }
    const survivor = await dial(port);
    survivor.write('alive?');
    expect(((await once(survivor, 'data')) as [Buffer])[0].toString()).toBe('alive?');
    child.kill('SIGTERM');
    await closed(survivor.resume());
    expect(await exit).toBe(0);
    expect(stderr()).toContain('ERR_TCP_HANDLER_FAILED');
  });
});
