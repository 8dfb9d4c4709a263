// A stream that has the carrier to itself writes as a bare socket does: what the carrier takes is gone when `write` returns.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { muxOver, settled, streamPair, tcpPair, until, type MuxPair } from './pairs.js';

const KIB = 1024;
const LARGE = Buffer.alloc(64 * KIB, 'x');

/** Both ends know each other, and this stream was the last to send. */
async function alone(): Promise<{ pair: MuxPair; a: Awaited<ReturnType<typeof streamPair>>[0]; received: () => number }> {
  const pair = muxOver(await tcpPair());
  const [a, b] = await streamPair(pair);
  let received = 0;
  b.on('data', (bytes: Buffer) => (received += bytes.length));
  await pair.client.ping();
  await new Promise((resolve) => a.write(LARGE, resolve));
  await settled();
  return { pair, a, received: () => received };
}

it('a large write has left when it returns, and returns true', async () => {
  const { pair, a, received } = await alone();
  const before = pair.sockets[0].bytesWritten;
  let calls = 0;
  const isBelow = a.write(LARGE, () => calls++);
  expect([isBelow, a.writableLength, a.writableNeedDrain]).toEqual([true, 0, false]);
  expect(pair.sockets[0].bytesWritten - before).toBe(LARGE.length + 8);
  // As of every Node stream, the callback comes later.
  expect(calls).toBe(0);
  await until(() => received() === 2 * LARGE.length);
  expect(calls).toBe(1);
  pair.client.destroy();
});

it('a small one waits for others of its turn', async () => {
  const { pair, a } = await alone();
  const before = pair.sockets[0].bytesWritten;
  a.write('small');
  expect(a.writableLength).toBe(5);
  expect(pair.sockets[0].bytesWritten).toBe(before);
  pair.client.destroy();
});

it('a large one behind a small one keeps its place, and so does one of another stream', async () => {
  const { pair, a, received } = await alone();
  const [other, peer] = await streamPair(pair);
  const first = once(peer, 'data') as Promise<[Buffer]>;
  const before = pair.sockets[0].bytesWritten;
  a.write('small');
  expect([a.write(LARGE), other.write(LARGE)]).toEqual([false, false]);
  expect(pair.sockets[0].bytesWritten).toBe(before);
  expect((await first)[0].length).toBeGreaterThan(0);
  await until(() => received() === 2 * LARGE.length + 5);
  pair.client.destroy();
});

it('past what the carrier takes, a write waits and drains, each callback once and in order', async () => {
  const { pair, a, received } = await alone();
  pair.sockets[1].pause();
  const called: number[] = [];
  let writes = 0;
  // The credit is 256 KiB at least and 16 MiB at most.
  while (writes < 1000) if (!a.write(LARGE, () => called.push(writes)) && ++writes) break; else writes++;
  expect(a.writableNeedDrain).toBe(true);
  const drained = once(a, 'drain');
  pair.sockets[1].resume();
  await drained;
  await until(() => received() === (writes + 1) * LARGE.length);
  expect(called).toHaveLength(writes);
  pair.client.destroy();
});

it('a carrier that fails under it ends the stream with an error, and the process goes on', async () => {
  const { pair, a } = await alone();
  const failed = once(a, 'error') as Promise<[NodeJS.ErrnoException]>;
  pair.client.on('error', () => {});
  pair.server.on('error', () => {});
  pair.sockets[0].destroy();
  const error = await new Promise((resolve) => a.write(LARGE, resolve));
  expect(error).toBeInstanceOf(Error);
  expect((await failed)[0].code).toBe('ECONNRESET');
});
