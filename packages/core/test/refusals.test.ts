import { describe, expect, it } from 'vitest';
import type { ConnectionInfo, Verdict } from '../src/index.js';
import { connectionsWithin, openFilesLimit } from '../src/open-files.js';
import { closed, deferred, dial, readAll, serve } from './sockets.js';

describe('maxConnections', () => {
  it('is exact, and a slot comes back with every connection that ends', async () => {
    const refused: string[] = [];
    const { server, port } = await serve({
      maxConnections: 2,
      onConnection: (socket) => socket.write('in'),
      onRefuse: (reason) => refused.push(reason),
    });
    const clients = await Promise.all(Array.from({ length: 50 }, () => dial(port)));
    const outcome = await Promise.all(
      clients.map(async (client) => {
        const got = deferred<'in' | 'refused'>();
        client.once('data', () => got.resolve('in'));
        client.once('close', () => got.resolve('refused'));
        return got.promise;
      }),
    );
    expect(outcome.filter((state) => state === 'in')).toHaveLength(2);
    expect(refused).toEqual(Array(48).fill('ERR_TCP_CONNECTION_LIMIT'));
    expect(server.stats()).toMatchObject({ open: 2, accepted: 2, refused: 48, refusedByCode: { ERR_TCP_CONNECTION_LIMIT: 48 } });
    const left = deferred();
    server.withOptions({ tcp: { onDisconnect: () => left.resolve() } });
    clients[outcome.indexOf('in')]?.destroy();
    await left.promise;
    const late = await dial(port);
    const [chunk] = await new Promise<[Buffer]>((resolve) => late.once('data', (data: Buffer) => resolve([data])));
    expect(chunk.toString()).toBe('in');
    await server.shutdown({ gracePeriod: 0 });
  });

  it('of 0 refuses everybody', async () => {
    const { server, port } = await serve({ maxConnections: 0, onConnection: () => expect.unreachable() });
    expect(await readAll(await dial(port))).toHaveLength(0);
    await server.close();
    expect(server.stats()).toMatchObject({ accepted: 0, refused: 1 });
  });

  it('by default leaves room below the limit of open files', async () => {
    expect(connectionsWithin(256)).toBe(224);
    expect(connectionsWithin(20_000)).toBe(17_500);
    expect(connectionsWithin(16)).toBe(1);
    expect(connectionsWithin(Infinity)).toBe(Infinity);
    const { server } = await serve({});
    expect(server.stats().maxConnections).toBe(Math.min(10_000, connectionsWithin(openFilesLimit())));
    await server.close();
  });
});

describe('accept', () => {
  const refuse = async (accept: (info: ConnectionInfo) => boolean | Verdict) => {
    const told = deferred<{ reason: string; info: ConnectionInfo; verdict: Verdict | undefined }>();
    const errors: Error[] = [];
    const { server, port } = await serve({
      accept,
      onConnection: () => expect.unreachable(),
      onDisconnect: () => expect.unreachable(),
      onRefuse: (reason, info, verdict) => told.resolve({ reason, info, verdict }),
      onError: (error) => errors.push(error),
    });
    const client = await dial(port);
    const { localPort } = client;
    await closed(client.resume());
    const refusal = await told.promise;
    expect(refusal.info).toMatchObject({ remoteAddress: '127.0.0.1', remotePort: localPort });
    await server.close();
    return { ...refusal, errors, stats: server.stats() };
  };

  it('lets in where it gives true', async () => {
    const asked: ConnectionInfo[] = [];
    const { server, port } = await serve({ accept: (info) => asked.push(info) > 0, onConnection: (socket) => socket.end('in') });
    expect((await readAll(await dial(port))).toString()).toBe('in');
    expect(asked).toHaveLength(1);
    await server.close();
  });

  it('refuses where it gives false', async () => {
    expect(await refuse(() => false)).toMatchObject({
      reason: 'ERR_TCP_NOT_ACCEPTED',
      stats: { accepted: 0, refusedByCode: { ERR_TCP_NOT_ACCEPTED: 1 } },
    });
  });

  it('counts by the code of its verdict, and hands the verdict on', async () => {
    const verdict = { ok: false, code: 'ERR_POOL_RATE_LIMITED', retryAfter: 250 };
    expect(await refuse(() => verdict)).toMatchObject({
      reason: 'ERR_POOL_RATE_LIMITED',
      verdict,
      stats: { refusedByCode: { ERR_POOL_RATE_LIMITED: 1 } },
    });
  });

  it('refuses where it throws, and tells onError', async () => {
    const boom = new Error('boom');
    const { reason, errors } = await refuse(() => { throw boom; });
    expect(reason).toBe('ERR_TCP_HANDLER_FAILED');
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_TCP_HANDLER_FAILED', cause: boom })]);
  });

  it.each([
    [(async () => true) as never, 'a promise'],
    [(async () => { throw new Error('boom'); }) as never, 'a promise'],
    [(() => undefined) as never, 'undefined'],
    [(() => ({})) as never, 'Object'],
  ])(
    'takes %s for no verdict, and lets nobody in',
    async (accept, got) => {
      const { reason, errors } = await refuse(accept);
      expect(reason).toBe('ERR_TCP_HANDLER_FAILED');
      expect(errors[0]?.message).toContain(got);
    },
  );

  it('asks all of several, until one says no', async () => {
    const asked: string[] = [];
    const { server, port } = await serve({ accept: () => asked.push('first') > 0 });
    server.withOptions({ tcp: { accept: () => asked.push('second') < 0 } });
    server.withOptions({ tcp: { accept: () => asked.push('third') > 0 } });
    await closed((await dial(port)).resume());
    expect(asked).toEqual(['first', 'second']);
    await server.close();
  });

  it('cannot grow the table of codes without limit', async () => {
    let calls = 0;
    const { server, port } = await serve({ accept: () => ({ ok: false, code: `CODE_${++calls}` }) });
    for (let n = 0; n < 80; n++) await closed((await dial(port)).resume());
    const { refused, refusedByCode } = server.stats();
    expect(refused).toBe(80);
    expect(Object.keys(refusedByCode)).toHaveLength(65);
    expect(refusedByCode['other']).toBe(16);
    await server.close();
  });
});
