// Every option is checked where it is given: what it must be, and what it got.
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPStreamMultiplexer, native } from '../src/index.js';

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
