// What one end tells by itself is no answer to its peer, and no flood.
import { expect, it } from 'vitest';
import { muxPair, streamPair, until } from './pairs.js';

it('five hundred streams of ours reset in one turn with a long reason are no flood', async () => {
  const pair = muxPair();
  const errors: Error[] = [];
  for (const mux of [pair.client, pair.server]) mux.on('error', (error) => errors.push(error));
  pair.server.on('stream', (stream) => stream.resume());
  const [first] = await streamPair(pair);
  await pair.client.ping();
  const streams = Array.from({ length: 500 }, () => pair.client.openStream('test'));
  await until(() => pair.server.streams.length === 501);
  for (const stream of streams) stream.reset(300, 'x'.repeat(200));
  await until(() => pair.server.streams.length === 1 || errors.length > 0);
  expect(errors).toEqual([]);
  expect(first.destroyed).toBe(false);
  pair.client.destroy();
  pair.server.destroy();
});
