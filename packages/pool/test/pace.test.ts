// The rule by which a connection is slow, alone: what was queued at which turn and time.
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { queuedBytes, TrackedConnection } from '../src/tracked-connection.js';
import { realPair, until } from './peers.js';

const LIMIT = 100;

/** What `paceIn` says at each look: `[turn, milliseconds, queued bytes]`. */
function paces(looks: [number, number, number][]): string[] {
  const [, socket] = socketPair();
  let queued = 0;
  Object.defineProperty(socket, 'writableLength', { get: () => queued });
  const connection = new TrackedConnection('id', socket, undefined, undefined, 0);
  return looks.map(([turn, now, bytes]) => {
    queued = bytes;
    return connection.paceIn(turn, LIMIT, now);
  });
}

describe('a connection is', () => {
  it.each<[string, [number, number, number][], string]>([
    ['steady at the limit, whatever the time', [[0, 0, 100], [1, 1000, 100], [2, 5000, 100]], 'steady'],
    ['steady over it at first', [[0, 0, 100], [1, 1000, 101]], 'steady'],
    ['steady within one turn, whatever is queued', [[0, 0, 101], [0, 1000, 10 ** 6]], 'steady'],
    ['steady before a second', [[0, 0, 101], [1, 999, 1000]], 'steady'],
    ['slow at a second', [[0, 0, 101], [1, 999, 101], [2, 1000, 101]], 'slow'],
    ['slow where the queue has grown', [[0, 0, 101], [1, 1000, 102]], 'slow'],
    ['steady while the queue shrinks', [[0, 0, 200], [1, 1000, 199], [2, 2000, 198], [3, 2999, 1000]], 'steady'],
    ['slow a second behind the last time that it shrank', [[0, 0, 200], [1, 1000, 199], [2, 2000, 199]], 'slow'],
    ['slow where what it lost came back', [[0, 0, 200], [1, 50, 300], [2, 999, 250], [3, 1000, 220]], 'slow'],
    ['steady at 16 times the limit before a second', [[0, 0, 1600], [1, 1, 1600]], 'steady'],
    ['slow over 16 times the limit at the second turn', [[0, 0, 1601], [1, 0, 1601]], 'slow'],
    ['steady there while it shrinks', [[0, 0, 9999], [1, 0, 9998], [2, 0, 9997]], 'steady'],
    ['steady again once it is back at the limit', [[0, 0, 101], [1, 1000, 101], [2, 1001, 100]], 'steady'],
    ['slow until then, also where it shrinks', [[0, 0, 200], [1, 1000, 200], [2, 1001, 101]], 'slow'],
    ['steady after a pause in which the queue was short', [[0, 0, 101], [1, 500, 0], [2, 1200, 101]], 'steady'],
  ])('%s', (_, looks, expected) => {
    expect(paces(looks).at(-1)).toBe(expected);
  });
});

it('what is queued falls while one big chunk leaves, though writableLength stands still', async () => {
  const { socket, peer } = await realPair();
  const bytes = 64 * 1024 * 1024;
  socket.write(Buffer.alloc(bytes));
  const before = queuedBytes(socket);
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThanOrEqual(bytes);
  let read = 0;
  peer.on('data', (data: Buffer) => {
    read += data.length;
    if (read > bytes / 4) peer.pause();
  });
  await until(() => queuedBytes(socket) < before);
  expect(socket.writableLength).toBe(bytes);
  peer.destroy();
  socket.destroy();
});

it('is writableLength where there is no handle', () => {
  const [, socket] = socketPair();
  expect(queuedBytes(socket)).toBe(0);
  socket.write(Buffer.alloc(1_000_000));
  expect(queuedBytes(socket)).toBe(socket.writableLength);
  socket.destroy();
});
