import { describe, expect, it } from 'vitest';
import { ConnectionThrottler, OptimizedBufferManager, TCPConnectionPool } from '../src/index.js';

const COUNT = 'an integer from 1 to 2147483647, or Infinity';

describe('an option that is wrong throws at construction and says what is right', () => {
  it.each([
    [{ maxConnections: 0 }, `maxConnections must be ${COUNT}, got 0`],
    [{ maxConnections: 1.5 }, `maxConnections must be ${COUNT}, got 1.5`],
    [{ maxConnections: '5' }, `maxConnections must be ${COUNT}, got 5`],
    [{ maxConnectionsPerAddress: -1 }, `maxConnectionsPerAddress must be ${COUNT}, got -1`],
    [{ idleTimeout: -1 }, 'idleTimeout must be a number from 1 to 2147483647, 0 or Infinity, got -1'],
    [{ idleTimeout: NaN }, 'idleTimeout must be a number from 1 to 2147483647, 0 or Infinity, got NaN'],
    [{ idleTimeout: 2 ** 31 }, 'idleTimeout must be a number from 1 to 2147483647, 0 or Infinity, got 2147483648'],
    [{ slowConsumer: 'wait' }, "slowConsumer must be 'disconnect', 'drop' or a function, got wait"],
    [{ maxBufferedBytes: 0 }, 'maxBufferedBytes must be an integer from 1 to 2147483647, got 0'],
    [{ maxBufferedBytes: Infinity }, 'maxBufferedBytes must be an integer from 1 to 2147483647, got Infinity'],
  ])('pool %j', (options, message) => {
    expect(() => new TCPConnectionPool(options as object)).toThrow(new RangeError(message));
  });

  it.each([
    [[0], `maxConnectionsPerIP must be ${COUNT}, got 0`],
    [[NaN], `maxConnectionsPerIP must be ${COUNT}, got NaN`],
    [[10, 0], 'timeWindow must be a number from 1, or Infinity, got 0'],
    [[10, '60'], 'timeWindow must be a number from 1, or Infinity, got 60'],
    [[10, 1, { maxConcurrentPerIP: 0 }], `maxConcurrentPerIP must be ${COUNT}, got 0`],
    [[10, 1, { maxTrackedAddresses: 1 }], 'maxTrackedAddresses must be an integer from 2 to 16777216, got 1'],
    [[10, 1, { maxTrackedAddresses: Infinity }], 'maxTrackedAddresses must be an integer from 2 to 16777216, got Infinity'],
    [[10, 1, { now: 5 }], 'now must be a function, got number'],
  ])('throttle %j', (args, message) => {
    expect(() => new ConnectionThrottler(...(args as []))).toThrow(new RangeError(message));
  });

  it.each([
    [{ bufferSize: 0 }, 'bufferSize must be an integer from 1 to 2147483647, got 0'],
    [{ maxFreeBytes: -1 }, 'maxFreeBytes must be an integer from 0 to 9007199254740991, got -1'],
    [{ zero: 1 }, 'zero must be true or false, got 1'],
  ])('buffers %j', (options, message) => {
    expect(() => new OptimizedBufferManager(options as object)).toThrow(new RangeError(message));
  });
});

it('undefined is absent, off is off, and nothing of the caller is changed', () => {
  const options = Object.freeze({
    maxConnections: Infinity,
    maxConnectionsPerAddress: undefined,
    idleTimeout: 0,
    slowConsumer: undefined,
    maxBufferedBytes: 2 ** 31 - 1,
  });
  expect(new TCPConnectionPool(options)).toBeInstanceOf(TCPConnectionPool);
  expect(new ConnectionThrottler(undefined, undefined, { maxConcurrentPerIP: undefined, now: undefined })).toBeInstanceOf(ConnectionThrottler);
  expect(new ConnectionThrottler(Infinity, Infinity).canAcceptConnection('1.2.3.4')).toBe(true);
  expect(new OptimizedBufferManager({ maxFreeBytes: 0, bufferSize: undefined }).getBuffer()).toHaveLength(65_536);
});
