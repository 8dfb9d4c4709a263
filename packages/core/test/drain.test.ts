import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { DrainReport } from '../src/index.js';
import { closed, deferred, dial, readAll, serve, until } from './sockets.js';

const MIB = 1024 * 1024;

describe('shutdown', () => {
  it('reports nothing to drain on a server that does not listen, or has no connections', async () => {
    const { server } = await serve({});
    const none = { drained: 0, forced: 0, unflushedBytes: 0, duration: expect.any(Number) };
    expect(await server.shutdown()).toEqual(none);
    expect(await server.shutdown()).toEqual(none);
  });

  it('ends idle connections at once where there is no notice', async () => {
    const { server, port } = await serve({});
    const reading = readAll(await dial(port));
    await until(() => server.connections.size > 0);
    const report = await server.shutdown({ gracePeriod: 10_000 });
    expect(report).toMatchObject({ drained: 1, forced: 0, unflushedBytes: 0 });
    expect(report.duration).toBeLessThan(2000);
    expect(await reading).toHaveLength(0);
  });

  it('delivers what was written before it, though more input comes in and is answered', async () => {
    const accepted = deferred<Socket>();
    const failures: unknown[] = [];
    const { server, port } = await serve({
      onConnection: (socket) => {
        socket.write(Buffer.alloc(8 * MIB, 'a'));
        // An echo: it writes whenever something comes, drain or not.
        socket.on('data', (data) => socket.write(data, (error) => error && failures.push(error)));
        accepted.resolve(socket);
      },
      onError: (error) => failures.push(error),
    });
    const client = await dial(port);
    await accepted.promise;
    const draining = server.shutdown({ gracePeriod: 10_000 });
    client.write('more');
    const received = await readAll(client);
    expect(received.length).toBe(8 * MIB);
    expect(await draining).toMatchObject({ drained: 1, forced: 0, unflushedBytes: 0 });
    expect(failures).toEqual([expect.objectContaining({ code: 'ERR_TCP_DRAINING' })]);
  });

  it('sends the notice first and gives peers 80 % of the period', async () => {
    const accepted = deferred();
    const { server, port } = await serve({ onConnection: () => accepted.resolve() });
    const client = await dial(port, { allowHalfOpen: true });
    await accepted.promise;
    const startedAt = performance.now();
    const draining = server.shutdown({ gracePeriod: 500, notice: 'bye\n' });
    expect(((await once(client, 'data')) as [Buffer])[0].toString()).toBe('bye\n');
    await once(client, 'end');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(395);
    client.end();
    expect(await draining).toMatchObject({ drained: 1, forced: 0 });
  });

  it('destroys at the deadline what does not read, and says how much was lost', async () => {
    const accepted = deferred();
    const { server, port } = await serve({
      onConnection: (socket) => {
        for (let n = 0; n < 32; n++) socket.write(Buffer.alloc(MIB));
        accepted.resolve();
      },
    });
    const client = await dial(port);
    client.pause();
    await accepted.promise;
    const report = await server.shutdown({ gracePeriod: 200 });
    expect(report).toMatchObject({ drained: 0, forced: 1 });
    expect(report.unflushedBytes).toBeGreaterThan(16 * MIB);
    expect(report.duration).toBeGreaterThanOrEqual(200);
    expect(report.duration).toBeLessThan(300);
    client.destroy();
  });

  it('destroys at the deadline a peer that keeps its half open', async () => {
    const { server, port } = await serve({});
    const client = await dial(port, { allowHalfOpen: true });
    client.resume();
    await until(() => server.connections.size > 0);
    const report = await server.shutdown({ gracePeriod: 100 });
    expect(report).toMatchObject({ drained: 0, forced: 1, unflushedBytes: 0 });
    client.destroy();
  });

  it('takes nobody who comes while it drains, though already in the queue', async () => {
    let draining: Promise<unknown> | undefined;
    const { server, port } = await serve({ onConnection: () => (draining = server.shutdown({ gracePeriod: 1000 })) });
    const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await Promise.all(clients.map((client) => closed(client.resume())));
    expect(await draining).toMatchObject({ drained: 1, forced: 0 });
    expect(server.stats().accepted).toBe(1);
  });

  it('may be called again, and the nearer deadline wins', async () => {
    const { server, port } = await serve({});
    const client = await dial(port, { allowHalfOpen: true });
    await until(() => server.connections.size > 0);
    const slow = server.shutdown({ gracePeriod: 60_000, notice: 'bye' });
    expect(server.shutdown({ gracePeriod: Infinity })).toBe(slow);
    expect(server.shutdown({ gracePeriod: 0 })).toBe(slow);
    expect(await slow).toMatchObject({ drained: 0, forced: 1 });
    client.destroy();
  });

  it('brings the end of our direction nearer with the deadline, so that a peer who follows is not cut', async () => {
    const { server, port } = await serve({ onConnection: (socket) => socket.resume() });
    const client = (await dial(port)).resume();
    await until(() => server.connections.size > 0);
    const draining = server.shutdown({ gracePeriod: Infinity, notice: 'bye' });
    await server.shutdown({ gracePeriod: 500 });
    expect(await draining).toMatchObject({ drained: 1, forced: 0 });
    await closed(client);
  });

  it('refuses whom accept asks about, where accept begins it', async () => {
    let draining: Promise<DrainReport> | undefined;
    const { server, port } = await serve({
      accept: () => (draining = server.shutdown({ gracePeriod: 50 })) !== undefined,
      onConnection: () => expect.unreachable(),
    });
    await closed((await dial(port)).resume());
    expect(await draining).toMatchObject({ drained: 0, forced: 0 });
    expect(server.stats()).toMatchObject({ accepted: 0, refusedByCode: { ERR_TCP_DRAINING: 1 } });
  });

  it('rejects for a notice that is no bytes, and goes on as it was', async () => {
    const { server } = await serve({});
    await expect(server.shutdown({ notice: {} as never })).rejects.toThrowError('notice must be a string or a Uint8Array, got object');
    expect(server.address()).not.toBeNull();
    await server.close();
  });

  it('settles close(), runs onClose once, and lets the server listen again', async () => {
    let closes = 0;
    const { server, port } = await serve({ onClose: () => closes++ });
    (await dial(port)).resume();
    const closing = server.close();
    await server.shutdown({ gracePeriod: 1000 });
    await closing;
    expect(closes).toBe(1);
    await server.listen(0);
    await server[Symbol.asyncDispose]();
    expect(closes).toBe(2);
  });

  it.each([-1, 1.5, Number.NaN, '1' as never])('rejects for a gracePeriod of %s', async (gracePeriod) => {
    const { server } = await serve({});
    await expect(server.shutdown({ gracePeriod })).rejects.toThrowError(RangeError);
    await server.close();
  });
});
