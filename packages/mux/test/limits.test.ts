// Options and what they bring about: each is checked where it is given, and each deadline and limit of our own side has its
// error code.
import { once } from 'node:events';
import { socketPair } from '@verb-tcp/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TCPStreamMultiplexer, native, type MuxError, type TCPStreamMultiplexerOptions } from '../src/index.js';
import { MinimalPeer } from './minimal-peer.js';
import { closed, muxPair, readAll, settled, streamPair, until } from './pairs.js';
import { HELLO, RawPeer, control } from './wire.js';

/** An extended peer that says what it is told to. */
function withRawPeer(options: TCPStreamMultiplexerOptions = {}, hello: object = HELLO): { mux: TCPStreamMultiplexer; peer: RawPeer; errors: MuxError[] } {
  const [ours, theirs] = socketPair();
  const mux = new TCPStreamMultiplexer(ours, { role: 'client', ...options });
  const errors: MuxError[] = [];
  mux.on('error', (error) => errors.push(error));
  const peer = new RawPeer(theirs);
  peer.socket.write(Buffer.concat([control(hello), control({ type: 'hello_ack' })]));
  return { mux, peer, errors };
}

describe('a peer that does not take a stream, by a clock of the test', () => {
  // A machine that does other work must not bring a deadline forward of what should come before it.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('ERR_MUX_OPEN_TIMEOUT: an open that is not acknowledged in time fails, late rather than early, and the others go on', async () => {
    const { mux, peer, errors } = withRawPeer({ openTimeout: 60 });
    await settled();
    const [left, taken] = [mux.openStream('left'), mux.openStream('taken')];
    const failed = once(left, 'error') as Promise<[MuxError]>;
    peer.socket.write(control({ type: 'stream_ack', streamId: taken.id }));
    await settled();
    await vi.advanceTimersByTimeAsync(59);
    expect(left.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(16);
    expect((await failed)[0]).toMatchObject({ code: 'ETIMEDOUT', muxCode: 'ERR_MUX_OPEN_TIMEOUT', streamId: left.id });
    await until(() => peer.of('stream_reset').length === 1);
    expect(peer.of('stream_reset')[0]).toMatchObject({ streamId: left.id, code: 8 });
    expect([mux.streams, errors]).toEqual([[taken], []]);
    mux.destroy();
  });

  it('the same for a stream that was opened before the peer said hello: only its own answer counts', async () => {
    const [ours, theirs] = socketPair();
    const mux = new TCPStreamMultiplexer(ours, { role: 'client', openTimeout: 60 });
    const left = mux.openStream('left');
    const taken = mux.openStream('taken');
    const failed = once(left, 'error') as Promise<[MuxError]>;
    const peer = new RawPeer(theirs);
    await settled();
    peer.socket.write(Buffer.concat([control(HELLO), control({ type: 'hello_ack' }), control({ type: 'stream_ack', streamId: taken.id })]));
    await settled();
    await vi.advanceTimersByTimeAsync(75);
    expect((await failed)[0]).toMatchObject({ muxCode: 'ERR_MUX_OPEN_TIMEOUT', streamId: left.id });
    expect(mux.streams).toEqual([taken]);
    mux.destroy();
  });

  it('a peer that does not say when it takes a stream is not waited for, for streams before its hello and behind it', async () => {
    const [ours, theirs] = socketPair();
    const mux = new TCPStreamMultiplexer(ours, { role: 'client', openTimeout: 20 });
    const early = mux.openStream('early');
    const peer = new RawPeer(theirs);
    await settled();
    peer.socket.write(Buffer.concat([control({ ...HELLO, caps: ['credit', 'reset'] }), control({ type: 'hello_ack' })]));
    await settled();
    const late = mux.openStream('late');
    await settled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(mux.streams).toEqual([early, late]);
    mux.destroy();
  });

  it('ERR_MUX_TOO_MANY_STREAMS: so many opens wait, one more throws, and one that ends makes room', async () => {
    const { mux, peer } = withRawPeer({ maxWaitingOpens: 2 }, { ...HELLO, maxStreams: 1 });
    await settled();
    const first = mux.openStream('0');
    await settled();
    const second = mux.openStream('1');
    mux.openStream('2');
    expect(mux.stats().streams).toMatchObject({ ours: 1, waiting: 2 });
    expect(() => mux.openStream('3')).toThrow(expect.objectContaining({ code: 'ERR_MUX_TOO_MANY_STREAMS' }));
    expect(peer.of('stream_create').map(({ streamId }) => streamId)).toEqual([first.id]);
    first.destroy(new Error('done'));
    await settled();
    expect(peer.of('stream_create').map(({ streamId }) => streamId)).toEqual([first.id, second.id]);
    mux.openStream('4');
    mux.destroy();
  });

  it('at most 256 streams are open without an answer', async () => {
    const { mux, peer } = withRawPeer();
    await settled();
    for (let count = 0; count < 300; count++) mux.openStream('t');
    await settled(50);
    expect(peer.of('stream_create')).toHaveLength(256);
    peer.socket.write(Buffer.concat([1, 3, 5].map((streamId) => control({ type: 'stream_ack', streamId }))));
    await until(() => peer.of('stream_create').length === 259);
    mux.destroy();
  });

  it('ERR_MUX_IDS_EXHAUSTED: ids are never used again, and the open streams go on', async () => {
    const codec = { ...native(), ids: { ...native().ids, lastClient: 5 } };
    const pair = muxPair({ codec });
    pair.server.handle('t', (stream) => stream.pipe(stream));
    const streams = [1, 3, 5].map((id) => {
      const stream = pair.client.openStream('t');
      expect(stream.id).toBe(id);
      return stream;
    });
    expect(() => pair.client.openStream('t')).toThrow(expect.objectContaining({ code: 'ERR_MUX_IDS_EXHAUSTED' }));
    for (const stream of streams) stream.end('still here');
    expect((await Promise.all(streams.map(readAll))).map(String)).toEqual(['still here', 'still here', 'still here']);
    expect(() => pair.client.openStream('t')).toThrow(expect.objectContaining({ code: 'ERR_MUX_IDS_EXHAUSTED' }));
    pair.client.destroy();
  });
});

describe('a carrier that takes nothing', () => {
  it('ERR_MUX_WRITE_STALL: ends the session when bytes have waited so long, not before, and not while they trickle', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { mux, peer, errors } = withRawPeer({ writeStallTimeout: 120 });
      await settled();
      const stream = mux.openStream('t');
      const failed = once(stream, 'error') as Promise<[MuxError]>;
      peer.socket.write(control({ type: 'window', w: [[stream.id, 10_000_000]] }));
      stream.write(Buffer.alloc(3_000_000));
      // A frame of it every 100 ms, ten times.
      let frames = 0;
      const seen = (): number => peer.data.get(stream.id) ?? 0;
      for (let before = 0; frames < 10; await vi.advanceTimersByTimeAsync(100)) {
        const onData = (): void => {
          if (seen() > before) peer.socket.pause();
        };
        peer.socket.on('data', onData).resume();
        await until(() => seen() > before);
        peer.socket.off('data', onData);
        await settled();
        before = seen();
        frames++;
      }
      expect(errors).toEqual([]);
      await vi.advanceTimersByTimeAsync(19);
      expect([errors, stream.destroyed]).toEqual([[], false]);
      await vi.advanceTimersByTimeAsync(31);
      expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET', muxCode: 'ERR_MUX_SESSION_CLOSED' });
      await until(() => errors.length > 0);
      expect(errors.map(({ code }) => code)).toEqual(['ERR_MUX_WRITE_STALL']);
      peer.socket.destroy();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("extensions: 'require'", () => {
  it('with an extended peer: everything is there, and nothing is waited for', async () => {
    const pair = muxPair({ extensions: 'require' });
    const [a, b] = await streamPair(pair);
    await settled();
    expect([pair.client.stats().peer, pair.server.stats().peer]).toEqual(['extended', 'extended']);
    a.end('x'.repeat(600_000));
    expect((await readAll(b)).length).toBe(600_000);
    expect(await pair.client.ping()).toBeGreaterThanOrEqual(0);
    pair.client.destroy();
  });

  it('with a minimal peer that opens first: ends in five seconds too', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const [ours, theirs] = socketPair();
      const mux = new TCPStreamMultiplexer(ours, { extensions: 'require' });
      const failed = new Promise<MuxError>((resolve) => mux.once('error', resolve));
      mux.on('stream', (stream) => stream.resume());
      const peer = new MinimalPeer(theirs);
      peer.create('t');
      await settled();
      await vi.advanceTimersByTimeAsync(4900);
      expect(mux.streams).toHaveLength(1);
      const [stream] = mux.streams;
      await vi.advanceTimersByTimeAsync(1500);
      expect(await failed).toMatchObject({ code: 'ERR_MUX_UNSUPPORTED' });
      if (stream?.destroyed === false) await closed(stream);
    } finally {
      vi.useRealTimers();
    }
  });
});

const MAX = 2 ** 31 - 1;
const construct = (options: object): TCPStreamMultiplexer => new TCPStreamMultiplexer(socketPair()[0], options);

/** Name, least, most, what else is allowed. */
const numbers: [string, number, number, number[]][] = [
  ['initialWindowBytes', 1024, MAX, []],
  ['maxWindowBytes', 262_144, MAX, []],
  ['maxGrowthBytes', 0, MAX, []],
  ['maxStreams', 1, MAX, [Infinity]],
  ['maxPendingStreams', 1, MAX, [Infinity]],
  ['maxWaitingOpens', 1, MAX, []],
  ['maxMetadataBytes', 2, 65_000, []],
  ['openTimeout', 1, MAX, [0, Infinity]],
  ['closeTimeout', 1, MAX, [0, Infinity]],
  ['keepAliveInterval', 1, MAX, [0, Infinity]],
  ['keepAliveTimeout', 1, MAX, []],
  ['writeStallTimeout', 1, MAX, [0, Infinity]],
  ['stallTimeout', 1, MAX, [0, Infinity]],
];

describe('options', () => {
  it.each(numbers)('%s is from %d to %d', (name, least, most, others) => {
    for (const value of [undefined, least, most, ...others]) construct({ [name]: value }).destroy();
    const wrong = [least - 1, most + 1, 0, -1, NaN, Infinity, '5', null].filter((value) => value !== least && !others.includes(value as number));
    for (const value of wrong) {
      expect(() => construct({ [name]: value }), String(value)).toThrow(RangeError);
      expect(() => construct({ [name]: value })).toThrow(new RegExp(`^${name} must be .*${name === 'maxWindowBytes' ? '' : String(most)}.*, got ${value}$`));
    }
  });

  it.each<[object, RegExp]>([
    [{ role: 'both' }, /^role must be 'client' or 'server', got both$/],
    [{ extensions: 'on' }, /^extensions must be 'auto', 'off' or 'require', got on$/],
    [{ allowHalfOpen: 1 }, /^allowHalfOpen must be a boolean, got number$/],
    [{ codec: { ...native(), negotiation: false } }, /needs the option role$/],
  ])('%o is a TypeError', (options, message) => {
    expect(() => construct(options)).toThrow(TypeError);
    expect(() => construct(options)).toThrow(message);
  });

  it('maxWindowBytes follows a greater initialWindowBytes, and may not be below it', () => {
    construct({ initialWindowBytes: 2 ** 26 }).destroy();
    expect(() => construct({ initialWindowBytes: 8192, maxWindowBytes: 4096 })).toThrow('maxWindowBytes must be at least initialWindowBytes, got 4096');
  });

  it('a socket that gives text is a TypeError', () => {
    const [socket] = socketPair();
    expect(() => new TCPStreamMultiplexer(socket.setEncoding('utf8'))).toThrow(TypeError);
  });

  it('what a stream is opened with is checked: type, metadata, its length, the signal', () => {
    const mux = construct({ maxMetadataBytes: 20 });
    expect(() => mux.openStream(5 as unknown as string)).toThrow('type must be a string, got number');
    expect(() => mux.openStream('t', 1n)).toThrow(TypeError);
    expect(() => mux.openStream('t', () => {})).toThrow(TypeError);
    expect(() => mux.openStream('t', 'x'.repeat(19))).toThrow(RangeError);
    mux.openStream('t', 'x'.repeat(18));
    expect(mux.streams).toHaveLength(1);
    expect(() => mux.handle('t', () => {}).handle('t', () => {})).toThrow('streams of type "t" have a handler already');
    expect(() => mux.streams[0]?.reset(-1)).toThrow('code must be an integer from 0 to 4294967295, got -1');
    expect(() => mux.streams[0]?.setTimeout(2 ** 31)).toThrow(RangeError);
    mux.destroy();
  });
});
