// What users throw, forget and get wrong: it ends the stream that it is about, is heard somewhere, and ends neither the process nor
// the streams beside it.
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { isMuxError, type MuxError, type StreamHandler, TCPStreamMultiplexer, WireCode } from '../src/index.js';
import { muxOver, muxPair, readAll, tcpPair, until } from './pairs.js';

const failed = (event: string): Error => new Error(`the ${event} listener failed`);

/** The next warning that a stream's user failed. */
async function warning(): Promise<Error & { code?: string }> {
  for (;;) {
    const [found] = (await once(process, 'warning')) as [Error & { code?: string }];
    if (found.code === 'ERR_MUX_HANDLER_FAILED') return found;
  }
}

describe('a listener that throws ends its own stream, with code 2 at the peer', () => {
  const ways: Record<string, (stream: StreamHandler) => void> = {
    'data, with the first bytes': (stream) => void stream.on('data', () => { throw failed('data'); }),
    'readable': (stream) => void stream.on('readable', () => { throw failed('readable'); }),
    'end': (stream) => void stream.resume().on('end', () => { throw failed('end'); }),
    'data, rejecting': (stream) => void stream.on('data', (): unknown => Promise.reject(failed('data'))),
  };
  it.each(Object.entries(ways))('%s', async (_, attach) => {
    const { client, server } = muxPair({ allowHalfOpen: true });
    const errors: Error[] = [];
    server.handle('bad', (stream) => attach(stream.on('error', (error) => errors.push(error))));
    server.handle('good', (stream) => stream.pipe(stream));
    const bad = client.openStream('bad', {}, { allowHalfOpen: true });
    bad.write('1');
    bad.end();
    const [error] = (await once(bad.resume(), 'error')) as [MuxError];
    expect(error).toMatchObject({ code: 'ECONNRESET', resetCode: WireCode.internal, remote: true });
    expect(errors.map(String)).toEqual([expect.stringMatching(/^Error: the \w+ listener failed$/)]);
    const good = client.openStream('good');
    good.end('still here');
    expect(String(await readAll(good))).toBe('still here');
    client.destroy();
  });

  it('and warns where the stream has no error listener: of what it threw, what its handler threw, and what it rejected with', async () => {
    const { client, server } = muxPair();
    server.handle('listener', (stream) => void stream.on('data', () => { throw failed('data'); }));
    server.handle('handler', () => { throw failed('sync'); });
    server.handle('async', async () => Promise.reject(failed('async')));
    for (const type of ['listener', 'handler', 'async']) {
      const told = warning();
      client.openStream(type).on('error', () => {}).write('1');
      expect((await told).message).toMatch(new RegExp(`^what takes stream \\d+ \\("${type}"\\) failed: the \\w+ listener failed$`));
    }
    client.destroy();
  });

  it('also an async listener of `stream` that rejects', async () => {
    const { client, server } = muxPair();
    server.on('stream', (): unknown => Promise.reject(failed('stream')));
    const told = warning();
    const stream = client.openStream('t').on('error', () => {});
    expect((await told).message).toContain('the stream listener failed');
    await until(() => stream.destroyed);
    client.destroy();
  });
});

describe('metadata', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

  it.each([null, false, 0, '', 'text with [[[[[[[[[[ brackets', nested(7), {}])('%j arrives as it was', async (metadata) => {
    const { client, server } = muxPair();
    const accepted = once(server, 'stream') as Promise<[StreamHandler]>;
    client.openStream('t', metadata);
    expect((await accepted)[0].metadata).toEqual(metadata);
    client.destroy();
  });

  it('nested deeper than a peer takes is refused here, and costs nobody else anything', async () => {
    const { client, server } = muxPair();
    expect(() => client.openStream('t', nested(8))).toThrow(new RangeError('metadata must be nested at most 7 deep'));
    const accepted = once(server, 'stream');
    client.openStream('t');
    await accepted;
    client.destroy();
  });
});

describe('wrong arguments are told at the call', () => {
  const { client } = muxPair();
  it.each<[string, () => unknown, string]>([
    ['goaway, a negative code', () => client.goaway(-1), 'code must be an integer from 0 to 4294967295, got -1'],
    ['goaway, a reason that is no text', () => client.goaway(0, 5 as never), 'reason must be a string, got number'],
    ['close, NaN', () => client.close({ timeout: Number.NaN }), 'timeout must be a number from 0 to 2147483647 or Infinity, got NaN'],
    ['close, a negative timeout', () => client.close({ timeout: -1 }), 'timeout must be a number from 0 to 2147483647 or Infinity, got -1'],
    ['handle, no function', () => client.handle('x', 5 as never), 'a handler must be a function, got number'],
    ['no socket', () => new TCPStreamMultiplexer({} as never), 'socket must be a TCPSocket'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });

  it('a second multiplexer on one socket', () => {
    const [socket] = socketPair();
    void new TCPStreamMultiplexer(socket);
    expect(() => new TCPStreamMultiplexer(socket)).toThrow(new TypeError('the socket has a multiplexer already'));
  });
});

describe('what an error says', () => {
  it('of a stream that close() gave up on: how long it waited, and that nobody else did it', async () => {
    const { client, server } = muxPair();
    server.on('stream', () => {});
    const stream = client.openStream('t');
    const gone = once(stream, 'error') as Promise<[MuxError]>;
    await client.close({ timeout: 5 });
    const [error] = await gone;
    expect(error).toMatchObject({ code: 'ECONNRESET', muxCode: 'ERR_MUX_SESSION_CLOSED', remote: false });
    expect(error.message).toBe(`stream ${stream.id} was cut off: close() waited 5 ms for it`);
  });

  it('of a refusal: why', async () => {
    const { client, server } = muxPair();
    server.handle('known', (stream) => stream.pipe(stream));
    const [error] = (await once(client.openStream('unknown'), 'error')) as [MuxError];
    expect(error.message).toBe('the peer refused stream 1 with code 7: no handler for this type');
    expect(isMuxError(error)).toBe(true);
    expect(isMuxError(new Error('other'))).toBe(false);
    client.destroy();
  });

  it('of a session that the peer ended for a fault of ours: which', async () => {
    const { client, server } = muxPair({}, { maxMetadataBytes: 100 });
    server.on('stream', () => {});
    const first = client.openStream('t');
    await until(() => client.stats().peer === 'extended');
    const failure = once(first, 'error') as Promise<[MuxError]>;
    client.openStream('t', 'x'.repeat(200)).on('error', () => {});
    expect((await failure)[0].message).toBe(`stream ${first.id} was cut off: the peer ended the session with code 6: the metadata of stream 3 is over 100 bytes`);
  });

  it('of a peer that speaks another protocol: which, at its first bytes', async () => {
    const [socket, peer] = socketPair();
    const mux = new TCPStreamMultiplexer(socket);
    const failure = once(mux, 'error') as Promise<[MuxError]>;
    peer.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect((await failure)[0]).toMatchObject({ code: 'ERR_MUX_PROTOCOL', message: expect.stringContaining('this looks like http') as string });
  });

  it('before the peer is known: that it is not', async () => {
    const { client } = muxPair();
    await expect(client.ping()).rejects.toThrow('it is not known yet whether the peer speaks ping: a first stream tells');
    client.destroy();
  });
});

it('handle() says for its type whether streams stay writable after the peer\'s end', async () => {
  const { client, server } = muxPair();
  server.handle('sum', async (stream) => void stream.end(`${(await readAll(stream)).length} bytes`), { allowHalfOpen: true });
  const sum = client.openStream('sum', {}, { allowHalfOpen: true });
  sum.end(Buffer.alloc(1000));
  expect(String(await readAll(sum))).toBe('1000 bytes');
  client.destroy();
});

it('streams of a socket that was still being dialled have its addresses', async () => {
  const [dialled, accepted] = await tcpPair();
  const late = Object.create(dialled, { remoteAddress: { get: () => (isConnected ? dialled.remoteAddress : undefined) } }) as typeof dialled;
  let isConnected = false;
  const { client } = muxOver([late, accepted]);
  const stream = client.openStream('t');
  expect(stream.remoteAddress).toBeUndefined();
  isConnected = true;
  await nextTurn();
  expect([stream.remoteAddress, stream.remotePort]).toEqual(['127.0.0.1', dialled.remotePort]);
  client.destroy();
  await until(() => dialled.destroyed);
  expect(stream.remoteAddress).toBe('127.0.0.1');
});
