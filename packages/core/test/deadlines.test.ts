import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Disconnection, TCPOptions } from '../src/index.js';
import { closed, deferred, dial, serve } from './sockets.js';

const MIB = 1024 * 1024;

/** A server whose first connection's end is awaited. */
async function watch(tcp: TCPOptions) {
  const ended = deferred<Disconnection>();
  const accepted = deferred<Socket>();
  const { server, port } = await serve({
    ...tcp,
    onConnection: (socket, info) => {
      accepted.resolve(socket);
      return tcp.onConnection?.(socket, info);
    },
    onDisconnect: (_, end) => ended.resolve(end),
  });
  const client = await dial(port);
  return { server, client, socket: await accepted.promise, ended: ended.promise };
}

describe('timeout', () => {
  it('ends a connection on which nothing moves, not early and an eighth late at most', async () => {
    const { server, client, socket, ended } = await watch({ timeout: 160 });
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    const end = await ended;
    expect(end.reason).toMatchObject({ code: 'ERR_TCP_TIMEOUT' });
    expect(errors).toEqual([end.reason]);
    expect(end.duration).toBeGreaterThanOrEqual(160);
    await closed(client.resume());
    await server.close();
  });

  it.each(['inbound', 'outbound'])('is put off by %s bytes', async (direction) => {
    const { server, client, socket, ended } = await watch({ timeout: 200, onConnection: (accepted) => accepted.resume() });
    client.resume();
    const from = direction === 'inbound' ? client : socket;
    let beats = 0;
    const beat = setInterval(() => {
      from.write('.');
      if (++beats === 12) clearInterval(beat);
    }, 40);
    const { duration, reason } = await ended;
    expect(reason).toMatchObject({ code: 'ERR_TCP_TIMEOUT' });
    expect(duration).toBeGreaterThanOrEqual(12 * 40 + 200 - 60);
    await server.close();
  });

  it('leaves socket.setTimeout to the user', async () => {
    const { server, client, socket } = await watch({ timeout: 60_000 });
    expect(socket.timeout ?? 0).toBe(0);
    socket.setTimeout(20);
    await once(socket, 'timeout');
    expect(socket.destroyed).toBe(false);
    client.destroy();
    await server.close();
  });

  it.each([0, Infinity])('of %s is off', async (timeout) => {
    const { server, client, socket } = await watch({ timeout, writeStallTimeout: 20 });
    const beats = deferred();
    let looks = 0;
    const look = setInterval(() => {
      if (++looks === 10) {
        clearInterval(look);
        beats.resolve();
      }
    }, 20);
    await beats.promise;
    expect(socket.destroyed).toBe(false);
    client.destroy();
    await server.close();
  });

  it('does not keep the process alive, nor a timer after close', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const { server } = await serve({ timeout: 1000 });
    // An unref'ed timer is no active resource.
    expect(timers()).toBe(before);
    await server.close();
  });
});

describe('writeStallTimeout', () => {
  it('ends a connection whose peer stopped reading, not early', async () => {
    const { server, client, socket, ended } = await watch({ writeStallTimeout: 160, timeout: 0 });
    client.pause();
    for (let n = 0; n < 16; n++) socket.write(Buffer.alloc(MIB));
    const { reason, duration } = await ended;
    expect(reason).toMatchObject({ code: 'ERR_TCP_WRITE_STALLED' });
    expect(duration).toBeGreaterThanOrEqual(160);
    client.destroy();
    await server.close();
  });

  it('lets a slow reader of one huge chunk live, though writableLength stands still', async () => {
    const bytes = 24 * MIB;
    const { server, client, socket, ended } = await watch({ writeStallTimeout: 250, timeout: 250 });
    let read = 0;
    client.on('data', (chunk: Buffer) => {
      read += chunk.length;
      // A pause after every 2 MiB: together far longer than the deadline, each far shorter.
      if (read % (2 * MIB) < chunk.length) {
        client.pause();
        setTimeout(() => client.resume(), 60);
      }
    });
    const startedAt = performance.now();
    socket.end(Buffer.alloc(bytes));
    await once(client, 'end');
    expect(performance.now() - startedAt).toBeGreaterThan(500);
    expect(read).toBe(bytes);
    expect((await ended).reason).toBeUndefined();
    await server.close();
  });

  it('counts from when output became pending, not from the accept', async () => {
    const { server, client, socket, ended } = await watch({ writeStallTimeout: 200, timeout: 0 });
    client.pause();
    const idle = deferred();
    setTimeout(idle.resolve, 400);
    await idle.promise;
    const since = performance.now();
    socket.write(Buffer.alloc(16 * MIB));
    expect((await ended).reason).toMatchObject({ code: 'ERR_TCP_WRITE_STALLED' });
    expect(performance.now() - since).toBeGreaterThanOrEqual(200);
    client.destroy();
    await server.close();
  });
});
