// Resets by the thousand: of who ends all it has at once, which is no flood, and of who opens only to reset, which is one.
import { socketPair } from '@verb-tcp/testing';
import { expect, it } from 'vitest';
import { TCPStreamMultiplexer } from '../src/index.js';
import { PeerLimits } from '../src/peer-limits.js';
import { muxPair, settled, streamPair, until, type MuxPair } from './pairs.js';
import { HELLO, RawPeer, control } from './wire.js';

const ALL = 1024;

function watched(pair: MuxPair): { code?: string }[] {
  const errors: { code?: string }[] = [];
  for (const mux of [pair.client, pair.server]) mux.on('error', (error) => errors.push(error));
  pair.server.on('stream', (stream) => stream.resume());
  return errors;
}

/** Opens all that the server lets, waits until it has them, and resets them in one turn. */
async function resetAll(pair: MuxPair, errors: unknown[]): Promise<void> {
  const streams = Array.from({ length: ALL }, () => pair.client.openStream('test'));
  await until(() => pair.server.stats().streams.peers === ALL || errors.length > 0);
  for (const stream of streams) stream.reset(300, 'x'.repeat(200));
  await until(() => pair.server.stats().streams.peers === 0 || errors.length > 0);
}

it('all streams that the peer allows, reset in one turn with a long reason, opened anew and reset again, are no flood; once more is', async () => {
  const pair = muxPair();
  const errors = watched(pair);
  await resetAll(pair, errors);
  await resetAll(pair, errors);
  expect(errors).toEqual([]);
  const [stream] = await streamPair(pair);
  expect(await pair.client.ping()).toBeGreaterThanOrEqual(0);
  expect(stream.destroyed).toBe(false);
  await resetAll(pair, errors);
  await until(() => errors.length === 2);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['ERR_MUX_CALM', 'ERR_MUX_SESSION_CLOSED']));
});

it('resets are counted by the streams that may be open, the rest by the thousand', () => {
  const most = (take: () => boolean): number => {
    let count = 0;
    while (count < 10_000 && take()) count++;
    return count;
  };
  const ofResets = (maxStreams: number): number => {
    const limits = new PeerLimits(maxStreams);
    return most(() => limits.provoke(5));
  };
  expect([1, 500, 1024, 4000, Infinity].map(ofResets)).toEqual([1000, 1000, 2048, 8000, 10_000]);
  const limits = new PeerLimits(4000);
  expect(most(() => limits.ping(5))).toBe(1000);
});

it('streams that we opened may all be reset by the peer: there are no more of them than we open', async () => {
  const pair = muxPair({}, { maxStreams: 2100 });
  const errors = watched(pair);
  for (let count = 0; count < 2100; count++) pair.client.openStream('test');
  await until(() => pair.server.stats().streams.peers === 2100);
  for (const stream of pair.server.streams) stream.reset(300);
  await until(() => pair.client.stats().streams.ours === 0 || errors.length > 0);
  expect(errors).toEqual([]);
  expect(pair.client.stats().resets).toBe(2100);
  pair.client.destroy();
});

it('resets that wait until the peer is known hold up opens, and are never too many', async () => {
  const [ours, theirs] = socketPair();
  const mux = new TCPStreamMultiplexer(ours, { role: 'client' });
  const errors: Error[] = [];
  mux.on('error', (error) => errors.push(error));
  const peer = new RawPeer(theirs);
  for (let round = 0; round < 6; round++) {
    for (let count = 0; count < 256; count++) mux.openStream('test');
    await settled();
    for (const stream of mux.streams) stream.reset();
  }
  mux.openStream('last');
  await settled();
  expect(errors).toEqual([]);
  expect(peer.of('stream_create')).toHaveLength(256);
  peer.socket.write(Buffer.concat([control(HELLO), control({ type: 'hello_ack' })]));
  await until(() => peer.of('stream_create').length === 257);
  expect(peer.of('stream_reset')).toHaveLength(256);
  mux.destroy();
});
