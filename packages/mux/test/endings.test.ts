// Behaviours 5 to 11, 15 and 17: how streams and sessions begin, end and are lost.
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Duplex } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { TCPStreamMultiplexer, type MuxError, type StreamHandler } from '../src/index.js';
import { closed, muxOver, muxPair, often, readAll, settled, streamPair, tcpPair, until } from './pairs.js';
import { RawPeer, control } from './wire.js';
import { socketPair } from '@verb-tcp/testing';

describe('behaviour 5, pings', () => {
  it('ten thousand each way share round trips, and nothing is left of them', async () => {
    const pair = muxPair();
    await streamPair(pair);
    await settled();
    const pings = Array.from({ length: 10_000 }, () => [pair.client.ping(), pair.server.ping()]).flat();
    expect((await Promise.all(pings)).every((milliseconds) => milliseconds >= 0)).toBe(true);
    expect(pair.client.rtt).toBeGreaterThan(0);
    pair.client.destroy();
    await expect(pair.client.ping()).rejects.toMatchObject({ code: 'ERR_MUX_SESSION_CLOSED' });
  });
});

describe('behaviour 6, before the ack', () => {
  it('open, write, end in one turn, and the reply read to its end, ten thousand times (MUX_LONG)', async () => {
    const pair = muxOver(await tcpPair());
    pair.server.handle('ask', (stream) => stream.pipe(stream));
    for (let round = 0; round < often(10_000); round += 100) {
      const replies = Array.from({ length: 100 }, (_, index) => {
        const stream = pair.client.openStream('ask');
        stream.end(`question ${round + index}`);
        return readAll(stream);
      });
      expect((await Promise.all(replies)).map(String)).toEqual(Array.from({ length: 100 }, (_, index) => `question ${round + index}`));
    }
    await until(() => pair.server.streams.length === 0);
    expect(pair.client.streams).toEqual([]);
    pair.client.destroy();
  });

  it('a reset by the acceptor while the opener writes shows its code', async () => {
    const pair = muxPair();
    pair.server.on('stream', (stream) => stream.reset(300, 'no'));
    const stream = pair.client.openStream('t');
    stream.write(Buffer.alloc(1024 * 1024));
    const [error] = (await once(stream, 'error')) as [MuxError];
    expect(error).toMatchObject({ code: 'ECONNRESET', muxCode: 'ERR_MUX_STREAM_RESET', resetCode: 300, remote: true });
    pair.client.destroy();
  });

  it('a stream that is reset before it left is never seen by the peer', async () => {
    const pair = muxPair();
    const seen: StreamHandler[] = [];
    pair.server.on('stream', (stream) => seen.push(stream));
    pair.client.openStream('t').reset();
    pair.client.openStream('second');
    await settled();
    expect(seen.map(({ type }) => type)).toEqual(['second']);
    pair.client.destroy();
  });

  it('opens beyond the peer\'s limit wait, and leave in order', async () => {
    const pair = muxPair({}, { maxStreams: 2 });
    const seen: StreamHandler[] = [];
    pair.server.on('stream', (stream) => seen.push(stream.resume()));
    pair.client.openStream('0');
    await settled();
    for (let index = 1; index < 5; index++) pair.client.openStream(`${index}`);
    await settled();
    expect(seen.map(({ type }) => type)).toEqual(['0', '1']);
    for (const stream of pair.client.streams.slice(0, 2)) stream.resume().end();
    await until(() => seen.length === 4);
    expect(seen.map(({ type }) => type)).toEqual(['0', '1', '2', '3']);
    expect(pair.server.stats().refused).toBe(0);
    pair.client.destroy();
  });
});

describe('behaviour 7, half-close', () => {
  it.each(['opener first', 'acceptor first', 'both at once'])('%s: all arrives, one close each, nothing is left', async (order) => {
    const pair = muxPair({ allowHalfOpen: true });
    const [a, b] = await streamPair(pair, true);
    const [first, second] = order === 'acceptor first' ? [b, a] : [a, b];
    const closes: string[] = [];
    a.on('close', (hadError: boolean) => closes.push(`a ${hadError}`));
    b.on('close', (hadError: boolean) => closes.push(`b ${hadError}`));
    const read = Promise.all([readAll(first), readAll(second)]);
    first.end('one');
    if (order !== 'both at once') await once(second, 'end');
    second.end(Buffer.alloc(500_000));
    expect((await read).map(({ length }) => length)).toEqual([500_000, 3]);
    await settled();
    expect(closes.sort()).toEqual(['a false', 'b false']);
    expect([pair.client.streams, pair.server.streams]).toEqual([[], []]);
    pair.client.destroy();
  });

  it('behaviour 8: between extended ends half-closed may last, unless close was called', async () => {
    const pair = muxPair({ closeTimeout: 20, allowHalfOpen: true });
    const [a, b] = await streamPair(pair, true);
    const [c, d] = await streamPair(pair, true);
    await settled();
    a.end('asks');
    expect((await readAll(b)).toString()).toBe('asks');
    c.close();
    // What was closed is given up; by then the other has waited longer.
    await Promise.all([closed(c), new Promise((resolve) => d.once('error', resolve))]);
    b.end('answers, late');
    expect((await readAll(a)).toString()).toBe('answers, late');
    pair.client.destroy();
  });

  it('close discards and credits what still comes, and resets a peer that goes on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const pair = muxPair({ closeTimeout: 40, allowHalfOpen: true });
      const [a, b] = await streamPair(pair, true);
      b.on('error', () => {});
      const write = (): void => {
        if (!b.destroyed && b.writable) b.write(Buffer.alloc(64 * 1024), () => setImmediate(write));
      };
      b.pause();
      write();
      a.close();
      await until(() => b.bytesWritten > 1024 * 1024);
      const both = Promise.all([closed(a), closed(b)]);
      await vi.advanceTimersByTimeAsync(39);
      expect([a.destroyed, b.destroyed]).toEqual([false, false]);
      await vi.advanceTimersByTimeAsync(11);
      await both;
      pair.client.destroy();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('behaviours 9 and 15, the connection is lost', () => {
  it.each(['reset', 'end'])('by %s: an error on each open stream, a clean end where the end had come, one close each', async (way) => {
    const pair = muxOver(await tcpPair());
    const [a] = await streamPair(pair, true);
    const [c, d] = await streamPair(pair, true);
    d.end('all of it');
    await until(() => c.bytesRead === 9);
    await settled();
    const events: string[] = [];
    for (const [name, stream] of [['a', a], ['c', c]] as const) {
      stream.on('error', (error: MuxError) => events.push(`${name} ${error.code} ${error.muxCode}`));
      stream.on('end', () => events.push(`${name} end`));
      stream.on('close', () => events.push(`${name} close`));
    }
    let errors = 0;
    pair.client.on('error', () => errors++);
    const gone = new Promise<void>((resolve) => pair.client.once('close', () => resolve()));
    if (way === 'reset') (pair.sockets[1] as Socket).resetAndDestroy();
    else pair.sockets[1].end();
    await gone;
    c.resume();
    await until(() => events.includes('c close') && events.includes('a close'));
    expect(events.filter((event) => event.startsWith('a'))).toEqual(['a ECONNRESET ERR_MUX_SESSION_CLOSED', 'a close']);
    expect(events.filter((event) => event.startsWith('c'))).toEqual(['c end', 'c close']);
    expect(errors).toBe(1);
    pair.server.destroy();
  });

  it('fifty thousand streams (MUX_LONG) opened and closed, then a loss with a thousand open: nothing is left', async () => {
    const pair = muxOver(await tcpPair(), { maxStreams: 2000 });
    pair.server.handle('t', (stream) => stream.resume());
    const open = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round += 500) await Promise.all(Array.from({ length: 500 }, () => closed(pair.client.openStream('t').resume().end())));
    };
    await open(2000);
    gc!();
    const before = process.memoryUsage().heapUsed;
    await open(often(50_000));
    const closes = new Map<number, string[]>();
    for (let index = 0; index < 1000; index++) {
      const stream = pair.client.openStream('t').resume();
      const events: string[] = [];
      closes.set(stream.id, events);
      for (const event of ['end', 'error', 'close']) stream.on(event, () => events.push(event));
    }
    await until(() => pair.server.streams.length === 1000);
    const gone = new Promise<void>((resolve) => pair.client.once('close', () => resolve()));
    pair.client.on('error', () => {});
    (pair.sockets[1] as Socket).resetAndDestroy();
    await gone;
    await settled();
    for (const events of closes.values()) expect(events).toEqual(['error', 'close']);
    closes.clear();
    expect(pair.client.streams).toEqual([]);
    await settled(50);
    gc!();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(3_000_000);
  });
});

describe('behaviour 10, going away', () => {
  it('lets the open streams finish, refuses new ones, ends the socket after the last byte', async () => {
    const pair = muxOver(await tcpPair());
    const [a, b] = await streamPair(pair);
    const heard = once(pair.client, 'goaway');
    const done = pair.server.close();
    expect((await heard)[0]).toMatchObject({ code: 0 });
    expect(() => pair.client.openStream('late')).toThrow(expect.objectContaining({ code: 'ERR_MUX_GOAWAY' }));
    a.end(Buffer.alloc(1_000_000));
    expect((await readAll(b)).length).toBe(1_000_000);
    await readAll(a);
    await done;
    await pair.server.close();
  });

  it('who ends the connection when all is said leaves no error behind where bytes only wait to be read', async () => {
    const pair = muxPair();
    const [a, b] = await streamPair(pair);
    const errors: Error[] = [];
    pair.client.on('error', (error) => errors.push(error));
    a.end();
    b.end(Buffer.alloc(200_000)).resume();
    await closed(b);
    await Promise.all([pair.server.close(), once(pair.client, 'close')]);
    expect(errors).toEqual([]);
    expect((await readAll(a)).length).toBe(200_000);
  });

  it('a stream that crosses the go-away is refused, and says so', async () => {
    const pair = muxPair();
    await streamPair(pair);
    await settled();
    pair.server.goaway();
    const late = pair.client.openStream('late');
    const [error] = (await once(late, 'error')) as [MuxError];
    expect(error.muxCode).toBe('ERR_MUX_STREAM_REFUSED');
    pair.client.destroy();
  });

  it('is over at its deadline', async () => {
    const pair = muxPair();
    const [a] = await streamPair(pair);
    a.on('error', () => {});
    await pair.server.close({ timeout: 20 });
    expect(pair.server.streams).toEqual([]);
    await until(() => a.destroyed);
  });
});

describe('behaviour 11, keepalive', () => {
  it('a silent peer is found after interval and timeout, and bytes of any kind are life', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const [ours, theirs] = socketPair();
      const mux = new TCPStreamMultiplexer(ours);
      const failed = new Promise<MuxError>((resolve) => mux.once('error', resolve));
      mux.on('stream', (stream) => stream.resume());
      const peer = new RawPeer(theirs).greet();
      await settled();
      for (let round = 0; round < 10; round++) {
        peer.socket.write(control({ type: 'stream_ack', streamId: 1 }));
        await settled();
        await vi.advanceTimersByTimeAsync(20_000);
      }
      expect(peer.of('ping')).toEqual([]);
      await vi.advanceTimersByTimeAsync(80_000);
      expect(await failed).toMatchObject({ code: 'ERR_MUX_KEEPALIVE_TIMEOUT' });
      expect(peer.of('ping')).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('behaviour 17, the contract of a Duplex', () => {
  it('pipeline, toWeb, and errors that nobody listens to', async () => {
    const pair = muxPair();
    pair.server.on('stream', (stream) => void pipeline(stream, stream).catch(() => {}));
    const stream = pair.client.openStream('t');
    const web = Duplex.toWeb(stream);
    const writer = web.writable.getWriter();
    await writer.write(Buffer.from('hello'));
    const { value } = await web.readable.getReader().read();
    expect(Buffer.from(value as Uint8Array).toString()).toBe('hello');
    for (const state of ['fresh', 'open', 'ended']) {
      const other = pair.client.openStream('t');
      if (state !== 'fresh') await settled();
      if (state === 'ended') other.end();
      other.destroy(new Error('nobody listens'));
    }
    pair.client.destroy(new Error('nobody listens'));
    await settled();
    expect(stream.destroyed).toBe(true);
  });
});
