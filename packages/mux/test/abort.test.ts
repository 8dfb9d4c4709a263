// What a signal ends, and one signal for many streams: one listener, no warning, and nothing left behind.
import { getEventListeners, once } from 'node:events';
import { expect, it } from 'vitest';
import { closed, muxPair, settled, until } from './pairs.js';

it('a signal aborts the stream', async () => {
  const pair = muxPair();
  const controller = new AbortController();
  const stream = pair.client.openStream('t', {}, { signal: controller.signal });
  controller.abort();
  const [error] = (await once(stream, 'error')) as [Error];
  expect(error.name).toBe('AbortError');
  expect(() => pair.client.openStream('t', {}, { signal: controller.signal })).toThrow(/abort/);
  pair.client.destroy();
});

it('a thousand streams share one listener on their signal, and leave nothing on it when they are over', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const pair = muxPair();
  pair.server.handle('t', (stream) => stream.resume());
  const { signal } = new AbortController();
  const streams = Array.from({ length: 1000 }, () => pair.client.openStream('t', {}, { signal }).resume());
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await Promise.all(streams.slice(1).map((stream) => closed(stream.end())));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await closed(streams[0]!.end());
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  // A warning comes in a turn of its own.
  await settled();
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
  pair.client.destroy();
});

it('an abort ends the streams that are open, those that wait for the peer and no other, with the reason of the signal', async () => {
  const pair = muxPair({}, { maxStreams: 3 });
  pair.server.handle('t', (stream) => stream.resume());
  const controller = new AbortController();
  const other = pair.client.openStream('t');
  await until(() => pair.client.stats().peer === 'extended');
  const reason = new Error('enough');
  const errors: unknown[] = [];
  const streams = Array.from({ length: 5 }, () => pair.client.openStream('t', {}, { signal: controller.signal }));
  for (const stream of streams) stream.on('error', (error) => errors.push(error));
  await until(() => pair.server.streams.length === 3);
  expect(pair.client.stats().streams.waiting).toBe(3);
  const closes = Promise.all(streams.map(closed));
  controller.abort(reason);
  await closes;
  expect(errors).toEqual(streams.map(() => reason));
  await until(() => pair.server.streams.length === 1);
  expect(pair.client.streams).toEqual([other]);
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  pair.client.destroy();
});

it('a stream that a listener of another one destroys while the signal aborts is destroyed once', async () => {
  const pair = muxPair();
  const controller = new AbortController();
  const [first, second] = [0, 1].map(() => pair.client.openStream('t', {}, { signal: controller.signal }));
  const events: string[] = [];
  for (const [name, stream] of [['first', first!], ['second', second!]] as const) {
    for (const event of ['error', 'close']) stream.on(event, () => events.push(`${name} ${event}`));
  }
  controller.signal.addEventListener('abort', () => second?.destroy());
  controller.abort();
  await settled();
  expect(events.sort()).toEqual(['first close', 'first error', 'second close', 'second error']);
  pair.client.destroy();
});
