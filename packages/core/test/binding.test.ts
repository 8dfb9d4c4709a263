import { spawnSync } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { describe, expect, it, type TestContext } from 'vitest';
import { bind, boundAddress, supportsReusePort } from '../src/bind.js';
import { createServer as createTCPServer } from '../src/index.js';
import { bound, listeners, onPort } from './listeners.js';
import { closed, dial, serve } from './sockets.js';

const portOf = (listener: Server): number => (listener.address() as AddressInfo).port;

async function hasIPv6(context: TestContext): Promise<void> {
  const there = await bound(onPort({ host: '::1' })).then(
    (listener) => listener[Symbol.asyncDispose]().then(() => true),
    () => false,
  );
  context.skip(!there, 'needs IPv6 on the loopback');
}

describe('bind', () => {
  it('settles when it listens, and leaves no listener', async () => {
    const listener = createServer();
    const before = listeners(listener);
    await bind(listener, onPort(), undefined);
    expect(listener.listening).toBe(true);
    expect(listeners(listener)).toEqual(before);
    expect(boundAddress(listener)).toEqual({ address: '127.0.0.1', family: 'IPv4', port: expect.any(Number) });
    await listener[Symbol.asyncDispose]();
    expect(boundAddress(listener)).toBeNull();
  });

  it.each([
    ['EADDRINUSE', (port: number) => onPort({ port })],
    ['EADDRNOTAVAIL', () => onPort({ host: '192.0.2.1' })],
    ['EINVAL', () => ({ fd: 2_000_000, backlog: 1 })],
  ])('passes %s through and leaves no listener', async (code, target) => {
    await using taken = await bound(onPort());
    const listener = createServer();
    const before = listeners(listener);
    await expect(bind(listener, target(portOf(taken)), undefined)).rejects.toMatchObject({ code, syscall: 'listen' });
    expect(listeners(listener)).toEqual(before);
    expect(boundAddress(listener)).toBeNull();
  });

  it('rejects with what Node throws, and leaves no listener', async () => {
    await using listener = await bound(onPort());
    const before = listeners(listener);
    await expect(bind(listener, onPort(), undefined)).rejects.toMatchObject({ code: 'ERR_SERVER_ALREADY_LISTEN' });
    expect(listeners(listener)).toEqual(before);
    expect(listener.listening).toBe(true);
  });

  it('listens on a descriptor once: its number may be a connection’s later', async () => {
    const target = { fd: 2_000_001, backlog: 1 };
    await expect(bind(createServer(), target, undefined)).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(bind(createServer(), target, undefined)).rejects.toMatchObject({ code: 'ERR_TCP_CLOSED' });
  });

  it('lets a failed listener close, for who waits for that', async () => {
    await using taken = await bound(onPort());
    const listener = createServer();
    // Not `once`, which rejects at an 'error'.
    const close = new Promise((resolve) => listener.once('close', resolve));
    await expect(bind(listener, onPort({ port: portOf(taken) }), undefined)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await close;
  });

  it.each(['127.0.0.1', 'localhost'])('rejects with ERR_TCP_CLOSED where %s was closed before it listened', async (host) => {
    const listener = createServer();
    const before = listeners(listener);
    const binding = bind(listener, onPort({ host }), undefined);
    listener.close();
    await expect(binding).rejects.toMatchObject({ code: 'ERR_TCP_CLOSED' });
    expect(listeners(listener)).toEqual(before);
    expect(listener.listening).toBe(false);
  });

  it('gives the backlog to the system', async (context) => {
    await using listener = await bound(onPort({ backlog: 17 }));
    const { stdout, status } = spawnSync('ss', ['-Hltn', `sport = :${portOf(listener)}`], { encoding: 'utf8' });
    context.skip(status !== 0, 'needs ss (iproute2)');
    expect(stdout.trim().split(/\s+/)[2]).toBe('17');
  });

  it('takes IPv4 on :: unless ipv6Only', async (context) => {
    await hasIPv6(context);
    await using both = await bound(onPort({ host: '::' }));
    (await dial(portOf(both))).destroy();
    await using only = await bound(onPort({ host: '::', ipv6Only: true }));
    await expect(dial(portOf(only))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    // Free for somebody else.
    await using ipv4 = await bound(onPort({ host: '0.0.0.0', port: portOf(only) }));
    expect(portOf(ipv4)).toBe(portOf(only));
  });
});

describe('signal', () => {
  const reason = new Error('changed my mind');

  it('aborted before, binds nothing and rejects with the reason', async () => {
    const listener = createServer();
    const before = listeners(listener);
    const signal = AbortSignal.abort(reason);
    await expect(bind(listener, onPort(), signal)).rejects.toBe(reason);
    expect(listener.listening).toBe(false);
    expect(listeners(listener)).toEqual(before);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost'])('aborted while %s is on its way, binds nothing and rejects with the reason', async (host) => {
    await using probe = await bound(onPort());
    const port = portOf(probe);
    await probe[Symbol.asyncDispose]();
    const listener = createServer();
    const before = listeners(listener);
    const controller = new AbortController();
    const binding = bind(listener, onPort({ host, port }), controller.signal);
    controller.abort(reason);
    await expect(binding).rejects.toBe(reason);
    expect(listeners(listener)).toEqual(before);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await using again = await bound(onPort({ port }));
    expect(portOf(again)).toBe(port);
    expect(listener.listening).toBe(false);
  });

  it('aborted in the same turn in which the system refuses, rejects with the reason and throws nothing', async () => {
    await using taken = await bound(onPort());
    const controller = new AbortController();
    const listener = createServer();
    // Node has failed by now and tells in the next tick.
    const { listen } = listener;
    listener.listen = function listenThenAbort(this: Server, ...values: unknown[]): Server {
      Reflect.apply(listen, this, values);
      controller.abort(reason);
      return this;
    } as Server['listen'];
    await expect(bind(listener, onPort({ port: portOf(taken), host: '' }), controller.signal)).rejects.toBe(reason);
    expect(listeners(listener)).toEqual(listeners(createServer()));
  });

  it('does nothing once it listens', async () => {
    const controller = new AbortController();
    await using listener = await bound(onPort(), controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort(reason);
    const accepted = once(listener, 'connection');
    const client = await dial(portOf(listener));
    await accepted;
    client.destroy();
    await closed(client);
  });

  it('aborted by whoever hears that it listens, does nothing', async () => {
    const controller = new AbortController();
    const listener = createServer();
    const binding = bind(listener, onPort(), controller.signal);
    listener.once('listening', () => controller.abort(reason));
    await binding;
    expect(listener.listening).toBe(true);
    await listener[Symbol.asyncDispose]();
  });
});

describe('signal of a server', () => {
  const reason = new Error('changed my mind');

  it('cancels listen, which rejects with its reason and is no fault', async () => {
    const errors: Error[] = [];
    const controller = new AbortController();
    await using server = createTCPServer().withOptions({
      host: '127.0.0.1',
      tcp: { signal: controller.signal, onError: (error) => errors.push(error) },
    });
    const listening = server.listen(0);
    controller.abort(reason);
    await expect(listening).rejects.toBe(reason);
    await expect(server.listen(0)).rejects.toBe(reason);
    expect(server.address()).toBeNull();
    expect(errors).toEqual([]);
    // With another one it is as new.
    server.withOptions({ tcp: { signal: new AbortController().signal } });
    expect((await server.listen(0)).port).toBeGreaterThan(0);
  });

  it('does nothing once the server listens', async () => {
    const controller = new AbortController();
    const { server, port } = await serve({ signal: controller.signal });
    controller.abort(reason);
    await closed((await dial(port)).end().resume());
    expect(server.stats().accepted).toBe(1);
    await server.close();
  });
});

it.each([
  ['18.20.0', false],
  ['20.20.2', false],
  ['22.11.0', false],
  ['22.12.0', true],
  ['23.0.0', false],
  ['23.1.0', true],
  ['24.0.0', true],
  ['26.10.0', true],
])('supportsReusePort: Node %s %s', (version, supports) => {
  expect(supportsReusePort(version)).toBe(supports);
});

it('shares a port between two sockets by reusePort', async (context) => {
  context.skip(!supportsReusePort(), `Node ${process.versions.node} has no reusePort`);
  await using first = await bound(onPort({ reusePort: true }));
  await using second = await bound(onPort({ reusePort: true, port: portOf(first) }));
  expect(portOf(second)).toBe(portOf(first));
});
