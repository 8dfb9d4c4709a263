import { createServer as createNetServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createServer, ServerProtocol } from '../src/index.js';
import { closed, deferred, dial, serve } from './sockets.js';

describe('createServer', () => {
  it('takes no protocol, or TCP', () => {
    expect(ServerProtocol).toEqual({ TCP: 'tcp' });
    expect(createServer().address()).toBeNull();
    expect(createServer(ServerProtocol.TCP).address()).toBeNull();
  });

  it('names what exists when asked for something else', () => {
    expect(() => createServer('udp' as never)).toThrowError(/no protocol "udp" here; there is ServerProtocol\.TCP/);
    expect(() => createServer('udp' as never)).toThrowError(expect.objectContaining({ code: 'ERR_TCP_UNKNOWN_PROTOCOL' }));
  });
});

describe('listen', () => {
  it('gives the address it bound, and address() the same', async () => {
    await using server = createServer();
    const bound = await server.listen(0, '127.0.0.1');
    expect(bound).toEqual({ address: '127.0.0.1', family: 'IPv4', port: expect.any(Number) });
    expect(server.address()).toEqual(bound);
  });

  it('listens on every IPv4 address by default', async () => {
    await using server = createServer();
    expect((await server.listen(0)).address).toBe('0.0.0.0');
  });

  it('overrides port and host of the options', async () => {
    await using server = createServer().withOptions({ port: 1, host: '192.0.2.1' });
    expect((await server.listen(0, '127.0.0.1')).address).toBe('127.0.0.1');
  });

  it('uses port and host of the options where called without', async () => {
    const free = createNetServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    await using server = createServer().withOptions({ port, host: '127.0.0.1' });
    expect(await server.listen()).toMatchObject({ port, address: '127.0.0.1' });
  });

  it('passes EADDRINUSE through and may be tried again', async () => {
    const { server: taken, port } = await serve({});
    await using server = createServer().withOptions({ host: '127.0.0.1' });
    await expect(server.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(server.address()).toBeNull();
    await taken.close();
    expect((await server.listen(port)).port).toBe(port);
  });

  it('rejects a second listen and goes on as it was', async () => {
    const { server, port } = await serve({});
    await expect(server.listen(0)).rejects.toMatchObject({ code: 'ERR_TCP_ALREADY_LISTENING' });
    (await dial(port)).destroy();
    await server.close();
  });

  it('rejects while another listen is pending', async () => {
    await using server = createServer().withOptions({ host: '127.0.0.1' });
    const first = server.listen(0);
    await expect(server.listen(0)).rejects.toMatchObject({ code: 'ERR_TCP_ALREADY_LISTENING' });
    await first;
  });

  it.each([[-1, '-1'], [65_536, '65536'], [1.5, '1.5'], [Number.NaN, 'NaN'], ['80' as never, '"80"']])('rejects port %s', async (port, shown) => {
    await expect(createServer().listen(port)).rejects.toThrowError(
      new RangeError(`port must be an integer from 0 to 65535, got ${shown}`),
    );
  });

  it('tells onError of a failure, and the ignored promise is no unhandled rejection', async () => {
    const { server: taken, port } = await serve({});
    const told = deferred<Error>();
    const server = createServer().withOptions({ host: '127.0.0.1', tcp: { onError: told.resolve } });
    void server.listen(port);
    expect(await told.promise).toMatchObject({ code: 'EADDRINUSE' });
    await taken.close();
  });

  it('tells an onError that was set after listen, before it failed', async () => {
    const { server: taken, port } = await serve({});
    const told = deferred<Error>();
    const server = createServer().withOptions({ host: '127.0.0.1' });
    void server.listen(port);
    server.withOptions({ tcp: { onError: told.resolve } });
    expect(await told.promise).toMatchObject({ code: 'EADDRINUSE' });
    await taken.close();
  });

  it('runs onListening, every one of them', async () => {
    const order: number[] = [];
    const server = createServer()
      .withOptions({ host: '127.0.0.1', tcp: { onListening: () => order.push(1) } })
      .withOptions({ tcp: { onListening: () => order.push(2) } });
    await server.listen(0);
    expect(order).toEqual([1, 2]);
    await server.close();
  });
});

describe('close', () => {
  it('is fine on a server that never listened', async () => {
    await expect(createServer().close()).resolves.toBeUndefined();
    await expect(createServer()[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });

  it('gives the same promise while it closes', async () => {
    const { server } = await serve({});
    const first = server.close();
    expect(server.close()).toBe(first);
    await first;
    await server.close();
  });

  it('settles a pending listen with ERR_TCP_CLOSED and tells onError nothing', async () => {
    const errors: Error[] = [];
    const server = createServer().withOptions({ tcp: { onError: (error) => errors.push(error) } });
    const listening = server.listen(0, 'localhost');
    const closing = server.close();
    await expect(listening).rejects.toMatchObject({ code: 'ERR_TCP_CLOSED' });
    await closing;
    expect(server.address()).toBeNull();
    expect(errors).toEqual([]);
  });

  it('waits for the last connection to end by itself, then runs onClose once', async () => {
    let closes = 0;
    const accepted = deferred();
    const { server, port } = await serve({ onConnection: () => accepted.resolve(), onClose: () => closes++ });
    const client = await dial(port);
    await accepted.promise;
    let settled = false;
    const closing = server.close().then(() => {
      settled = true;
    });
    await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(settled).toBe(false);
    client.end();
    client.resume();
    await closing;
    expect(closes).toBe(1);
    await closed(client);
  });

  it('refuses to listen before it has ended, and listens again afterwards', async () => {
    const { server, port } = await serve({});
    const client = await dial(port);
    const closing = server.close();
    await expect(server.listen(0)).rejects.toMatchObject({ code: 'ERR_TCP_CLOSED' });
    client.destroy();
    await closing;
    const again = await server.listen(0);
    (await dial(again.port)).destroy();
    await server.close();
  });
});
