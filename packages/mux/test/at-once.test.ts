// A stream that has the carrier to itself writes as a bare socket does: what the carrier takes is gone when `write` returns.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { muxOver, readAll, settled, streamPair, tcpPair, until } from './pairs.js';
import type { StreamHandler, TCPStreamMultiplexer } from '../src/index.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const LARGE = Buffer.alloc(64 * KIB, 'x');

interface Alone {
  client: TCPStreamMultiplexer;
  server: TCPStreamMultiplexer;
  sockets: [Socket, Socket];
  /** Both ends know each other, and this stream was the last to send. */
  a: StreamHandler;
  b: StreamHandler;
  /** Behind the first large write. */
  bytes: () => Buffer;
}

async function alone(): Promise<Alone> {
  const sockets = await tcpPair();
  const pair = muxOver(sockets, { initialWindowBytes: 256 * MIB, maxWindowBytes: 256 * MIB });
  const [a, b] = await streamPair(pair, true);
  const chunks: Buffer[] = [];
  b.on('data', (chunk: Buffer) => chunks.push(chunk));
  await pair.client.ping();
  await new Promise((resolve) => a.write(LARGE, resolve));
  await settled();
  return { ...pair, sockets, a, b, bytes: () => Buffer.concat(chunks).subarray(LARGE.length) };
}

it('a large write has left when it returns, and returns true', async () => {
  const { client, sockets, a, bytes } = await alone();
  const before = sockets[0].bytesWritten;
  let calls = 0;
  const isBelow = a.write(LARGE, () => calls++);
  expect([isBelow, a.writableLength, a.writableNeedDrain]).toEqual([true, 0, false]);
  expect(sockets[0].bytesWritten - before).toBe(LARGE.length + 8);
  // As of every Node stream, the callback comes later.
  expect(calls).toBe(0);
  await until(() => bytes().length === LARGE.length);
  expect(calls).toBe(1);
  client.destroy();
});

it('a small one waits for others of its turn, and so does the first of a stream that was not the last to send', async () => {
  const pair = await alone();
  const { client, sockets, a } = pair;
  const [other] = await streamPair(pair);
  const before = sockets[0].bytesWritten;
  expect([other.write(LARGE), sockets[0].bytesWritten]).toEqual([false, before]);
  await once(other, 'drain');
  await settled();
  const then = sockets[0].bytesWritten;
  a.write('small');
  expect([a.writableLength, sockets[0].bytesWritten]).toEqual([5, then]);
  client.destroy();
});

it('a carrier that takes everything at once does not keep the event loop', async () => {
  const { client, sockets, a } = await alone();
  let taken = 0;
  sockets[0]._writev = (chunks, done) => {
    for (const { chunk } of chunks) taken += (chunk as Buffer).length;
    done();
  };
  a.write(Buffer.alloc(16 * MIB));
  expect(taken).toBeGreaterThan(MIB);
  expect(taken).toBeLessThan(2 * MIB);
  await once(a, 'drain');
  expect(taken).toBeGreaterThan(16 * MIB);
  client.destroy();
});

it('a large one behind a small one keeps its place, and so does one of another stream', async () => {
  const pair = await alone();
  const { client, sockets, a, bytes } = pair;
  const [other, peer] = await streamPair(pair);
  const before = sockets[0].bytesWritten;
  a.write('small');
  expect([a.write(LARGE), other.end(LARGE).writableLength]).toEqual([false, LARGE.length]);
  expect(sockets[0].bytesWritten).toBe(before);
  expect((await readAll(peer)).equals(LARGE)).toBe(true);
  await until(() => bytes().length === 5 + LARGE.length);
  expect(bytes().equals(Buffer.concat([Buffer.from('small'), LARGE]))).toBe(true);
  client.destroy();
});

it('past what the carrier takes a write waits, and each callback comes once and in order', async () => {
  const { client, sockets, a, b, bytes } = await alone();
  sockets[1].pause();
  const called: number[] = [];
  let writes = 0;
  for (let more = true; more && writes < 1000; writes++) {
    const number = writes;
    more = a.write(Buffer.alloc(LARGE.length, number), () => called.push(number));
  }
  expect([a.writableNeedDrain, sockets[0].writableLength > 0]).toEqual([true, true]);
  expect(writes).toBeGreaterThan(1);
  const drained = once(a, 'drain');
  sockets[1].resume();
  await drained;
  a.end();
  await once(b, 'end');
  expect(called).toEqual(Array.from({ length: writes }, (_, number) => number));
  expect(bytes().equals(Buffer.concat(called.map((number) => Buffer.alloc(LARGE.length, number))))).toBe(true);
  client.destroy();
});

it('an end behind it follows, and a close that waits for it loses neither', async () => {
  const { client, server, a, b, bytes } = await alone();
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  server.on('error', (error) => errors.push(error));
  b.on('end', () => b.end());
  const closed = client.close();
  a.end(LARGE);
  for await (const _ of a);
  await closed;
  expect(bytes().equals(LARGE)).toBe(true);
  expect([errors, b.writableFinished]).toEqual([[], true]);
});

it('the end of a stream that is destroyed while a close waits for it leaves before that of the socket', async () => {
  const { client, server, a, b } = await alone();
  const errors: unknown[] = [];
  for (const one of [client, server, b]) one.on('error', (error: unknown) => errors.push(error));
  const closed = client.close();
  const ended = once(b, 'close');
  b.end('the answer');
  // A loop over the stream itself destroys it behind the last byte.
  for await (const _ of a);
  await Promise.all([closed, ended]);
  expect([errors, b.readableEnded]).toEqual([[], true]);
});

it('a socket that is destroyed under it ends the stream with the error of a lost session, and its write too', async () => {
  const { client, sockets, a } = await alone();
  const failed = once(a, 'error') as Promise<[NodeJS.ErrnoException]>;
  const sessionFailed = once(client, 'error') as Promise<[Error]>;
  sockets[0].destroy();
  const written = new Promise<unknown>((resolve) => a.write(LARGE, resolve));
  const [error] = await failed;
  expect([error.code, (await sessionFailed)[0].message]).toEqual(['ECONNRESET', 'the connection was closed under open streams']);
  expect(await written).toBe(error);
});

it('a socket that fails under it says so to its own listeners, and what had come and ended is read to its end', async () => {
  const { client, sockets, a, b } = await alone();
  b.end('the answer');
  await until(() => a.readableLength > 0);
  await settled();
  const failure = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
  const socketFailed = once(sockets[0], 'error') as Promise<[Error]>;
  const sessionFailed = once(client, 'error') as Promise<[Error]>;
  sockets[0]._writev = (_chunks, done) => done(failure);
  const written = new Promise<NodeJS.ErrnoException>((resolve) => a.write(LARGE, (error) => resolve(error as NodeJS.ErrnoException)));
  expect([(await socketFailed)[0], (await sessionFailed)[0].message]).toEqual([failure, 'the connection failed: write EPIPE']);
  const ended = once(a, 'end');
  expect(String(a.read())).toBe('the answer');
  a.resume();
  await ended;
  expect((await written).code).toBe('EPIPE');
});

it('a write that is leaving when the session ends has its callback, on a stream that was read to its end', async () => {
  const { client, sockets, a, b } = await alone();
  const ended = once(a, 'end');
  b.end();
  a.resume();
  await ended;
  sockets[1].pause();
  let calls = 0;
  let writes = 0;
  for (let more = true; more && writes < 1000; writes++) more = a.write(LARGE, () => calls++);
  expect(sockets[0].writableLength).toBeGreaterThan(0);
  const failed = once(a, 'error') as Promise<[NodeJS.ErrnoException]>;
  client.destroy();
  expect((await failed)[0].code).toBe('EPIPE');
  await settled();
  expect([calls, a.destroyed]).toEqual([writes, true]);
});

it('a callback that throws leaves out nobody else', async () => {
  const pair = await alone();
  const [other] = await streamPair(pair);
  const uncaught = process.listeners('uncaughtException');
  onTestFinished(() => uncaught.forEach((listener) => void process.on('uncaughtException', listener)));
  process.removeAllListeners('uncaughtException');
  const thrown = once(process, 'uncaughtException') as Promise<[Error]>;
  pair.a.write('one', () => {
    throw new Error('the callback failed');
  });
  await new Promise((resolve) => other.write('two', resolve));
  expect((await thrown)[0].message).toBe('the callback failed');
  pair.client.destroy();
});
