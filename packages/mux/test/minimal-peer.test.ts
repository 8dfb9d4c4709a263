// Behaviour 18: with a peer that knows the two documented messages only.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it, vi } from 'vitest';
import { TCPStreamMultiplexer, type StreamHandler, type TCPStreamMultiplexerOptions } from '../src/index.js';
import { MinimalPeer } from './minimal-peer.js';
import { closed, often, readAll, settled, tcpPair, until } from './pairs.js';

const { mux: vectors } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as { mux: { what: string; bytes: string }[] };
const bytesOf = (...starts: string[]): Buffer =>
  Buffer.concat(starts.map((start) => Buffer.from(vectors.find(({ what }) => what.startsWith(start))?.bytes ?? 'no such vector', 'hex')));

function connect(options: TCPStreamMultiplexerOptions = {}, firstId = 1): { mux: TCPStreamMultiplexer; peer: MinimalPeer } {
  const [ours, theirs] = socketPair();
  return { mux: new TCPStreamMultiplexer(ours, options), peer: new MinimalPeer(theirs, firstId) };
}

/** Answers with all it got, then closes, as soon as it is told that the other side is done. */
function echo(peer: MinimalPeer): void {
  peer.on('data', (stream, bytes) => peer.send(stream.id, bytes));
  peer.on('closed', (stream) => peer.close(stream.id));
}

describe('behaviour 18, a minimal peer', () => {
  it('sees exactly the documented bytes where extensions are off', async () => {
    const { mux, peer } = connect({ extensions: 'off' });
    const stream = mux.openStream('echo');
    stream.end('hi');
    await settled();
    expect(Buffer.concat(peer.wire)).toEqual(bytesOf('create', 'data', 'close'));
    mux.destroy();
  });

  it('sees one hello more in auto, behind the first create, and before the first close', async () => {
    const { mux, peer } = connect();
    mux.openStream('echo').end('hi');
    await settled();
    expect(Buffer.concat(peer.wire)).toEqual(bytesOf('create', 'hello', 'data', 'close'));
    mux.destroy();
  });

  it('sees no hello where it opens, and may count from 1', async () => {
    const { mux, peer } = connect();
    mux.on('stream', (stream) => stream.pipe(stream));
    const id = peer.create('echo');
    peer.send(id, 'hi');
    await settled();
    expect(Buffer.concat(peer.streams.get(1)!.bytes).toString()).toBe('hi');
    expect(Buffer.concat(peer.wire)).toEqual(bytesOf('data'));
    mux.destroy();
  });

  it('may open in any order, and ours never meet its ids', async () => {
    const { mux, peer } = connect();
    const types: string[] = [];
    mux.on('stream', (stream) => types.push(`${stream.id} ${stream.type}`));
    for (const streamId of [5, 3, 4]) peer.control({ type: 'stream_create', streamId, streamType: 't', metadata: {} });
    await settled();
    expect(types).toEqual(['5 t', '3 t', '4 t']);
    expect(mux.createStream('ours')).toBe(0x80000000);
    mux.destroy();
  });

  it('gets the documented calls: createStream, sendStreamData, closeStream', async () => {
    const { mux, peer } = connect({ extensions: 'off' });
    const id = mux.createStream('echo', {});
    expect(mux.sendStreamData(id, Buffer.from('hi'))).toBe(true);
    mux.closeStream(id);
    await settled();
    expect(Buffer.concat(peer.wire)).toEqual(bytesOf('create', 'data', 'close'));
    expect(() => mux.sendStreamData(id, Buffer.from('late'))).toThrow(expect.objectContaining({ code: 'ERR_MUX_STREAM_CLOSED' }));
    mux.destroy();
  });

  it('answers open, write and end in one turn, and the reply is read to its end, ten thousand times (MUX_LONG)', async () => {
    const { mux, peer } = connect();
    echo(peer);
    for (let round = 0; round < often(10_000); round += 50) {
      const replies = Array.from({ length: 50 }, (_, index) => {
        const stream = mux.openStream('ask');
        stream.write(`question ${round + index}`);
        stream.end();
        return readAll(stream);
      });
      expect((await Promise.all(replies)).map(String)).toEqual(Array.from({ length: 50 }, (_, index) => `question ${round + index}`));
    }
    expect(mux.streams).toEqual([]);
    mux.destroy();
  });

  it('closes a stream: what it sent is read, then the end, and our writes fail', async () => {
    const { mux, peer } = connect({ extensions: 'off' });
    const stream = mux.openStream('t', {}, { allowHalfOpen: true });
    await settled();
    peer.send(stream.id, 'last words');
    peer.close(stream.id);
    expect((await readAll(stream)).toString()).toBe('last words');
    await until(() => stream.destroyed);
    expect(mux.getStream(stream.id)).toBeUndefined();
    mux.destroy();
  });

  it('that is silent after our end is given up after closeTimeout', async () => {
    const { mux } = connect({ extensions: 'off', closeTimeout: 40 });
    const stream = mux.openStream('t');
    stream.resume().end('x');
    const [error] = (await once(stream, 'error')) as [Error];
    expect(error).toMatchObject({ code: 'ETIMEDOUT', muxCode: 'ERR_MUX_STREAM_CLOSED' });
    mux.destroy();
  });

  it('behaviour 8: half-closed and silent is given up, but not while data still flows', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { mux, peer } = connect({ extensions: 'off' });
      const stream = mux.openStream('t', {}, { allowHalfOpen: true });
      const events: string[] = [];
      for (const event of ['end', 'error', 'close']) stream.on(event, () => events.push(event));
      stream.resume().end('x');
      await settled();
      for (let seconds = 0; seconds < 40; seconds += 4) {
        peer.send(1, 'more');
        await settled();
        await vi.advanceTimersByTimeAsync(4000);
      }
      expect(events).toEqual([]);
      expect(stream.bytesRead).toBe(40);
      await vi.advanceTimersByTimeAsync(3000);
      expect(events).toEqual(['error', 'close']);
      mux.destroy();
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(['off', 'auto'] as const)('behaviour 10: an idle connection is closed at once (%s)', async (extensions) => {
    const { mux, peer } = connect({ extensions });
    const ended = new Promise<void>((resolve) => peer.socket.on('end', () => resolve()));
    const begun = performance.now();
    await mux.close();
    await ended;
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('that floods a stream nobody reads: bounded memory, then that stream is closed and the others go on', async () => {
    const [ours, theirs] = await tcpPair();
    const mux = new TCPStreamMultiplexer(ours, { extensions: 'off', stallTimeout: 60 });
    const peer = new MinimalPeer(theirs);
    const streams: StreamHandler[] = [];
    mux.on('stream', (stream) => streams.push(stream));
    const [unread, read] = [peer.create('unread'), peer.create('read')];
    for (let piece = 0; piece < 160; piece++) peer.send(unread, Buffer.alloc(64 * 1024));
    peer.send(read, 'still here');
    await until(() => streams.length === 2);
    const failed = once(streams[0]!, 'error') as Promise<[Error]>;
    const chunk = (await once(streams[1]!, 'data')) as [Buffer];
    expect(chunk[0].toString()).toBe('still here');
    expect((await failed)[0]).toMatchObject({ code: 'ETIMEDOUT', muxCode: 'ERR_MUX_STREAM_CLOSED' });
    expect(mux.stats().bufferedBytes).toBeLessThan(2 * 1024 * 1024);
    mux.destroy();
  });

  it('is known as minimal after a second, and cannot be pinged or told to go', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { mux } = connect();
      mux.openStream('t');
      const ping = mux.ping().catch((error: unknown) => error);
      expect(mux.stats().peer).toBe('unknown');
      await vi.advanceTimersByTimeAsync(1300);
      expect(mux.stats().peer).toBe('minimal');
      expect(await ping).toMatchObject({ code: 'ERR_MUX_UNSUPPORTED' });
      expect(() => mux.goaway()).toThrow(expect.objectContaining({ code: 'ERR_MUX_UNSUPPORTED' }));
      mux.destroy();
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends a session that requires extensions, after five seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { mux } = connect({ extensions: 'require' });
      const failed = new Promise((resolve) => mux.once('error', resolve));
      const stream = mux.openStream('t');
      await vi.advanceTimersByTimeAsync(6500);
      expect(await failed).toMatchObject({ code: 'ERR_MUX_UNSUPPORTED' });
      if (!stream.destroyed) await closed(stream);
    } finally {
      vi.useRealTimers();
    }
  });

  it('gets at most 256 KiB a stream while nobody knows who it is', async () => {
    const { mux, peer } = connect();
    const stream = mux.openStream('t');
    stream.write(Buffer.alloc(1024 * 1024));
    await settled(200);
    expect(Buffer.concat(peer.streams.get(1)!.bytes).length).toBe(256 * 1024);
    await until(() => mux.stats().peer === 'minimal', 10_000_000);
    await until(() => peer.streams.get(1)!.bytes.reduce((sum, { length }) => sum + length, 0) === 1024 * 1024);
    mux.destroy();
  });
});
