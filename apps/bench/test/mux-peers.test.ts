import { describe, expect, test } from 'vitest';
import { dial } from '../src/loopback.js';
import { withVersion } from '../src/machine.js';
import { hostStreams } from '../src/mux-host.js';
import { PumpCheck, pump } from '../src/mux-load.js';
import { muxPeerNames, muxPeers } from '../src/mux-peers.js';
import type { MuxPeer, MuxStream } from '../src/mux-peer.js';
import { answerOf, bulkBytesIn, isRequest, request } from '../src/mux-request.js';

const BYTES = 10_000;
const WRITES = 200;

describe.each(muxPeerNames)('%s', (name) => {
  const contender: MuxPeer = muxPeers[name];

  test('brings every byte of each stream, in order, through back-pressure', async () => {
    let received = 0;
    let enough: () => void = () => {};
    const all = new Promise<void>((resolve) => (enough = resolve));
    const wrong: unknown[] = [];
    const { port } = await hostStreams(name, (stream) => {
      const check = new PumpCheck(BYTES);
      stream.on('data', (chunk) => {
        try {
          check.take(chunk);
        } catch (error) {
          wrong.push(error);
        }
        received += chunk.byteLength;
        if (received === 3 * WRITES * BYTES) enough();
      });
    });
    const client = await contender.connect(() => dial(port));
    const streams: MuxStream[] = [];
    for (let n = 0; n < 3; n++) streams.push(await client.open());
    await Promise.all(
      streams.map((stream) => {
        let left = WRITES;
        return pump(stream, BYTES, 16, () => left-- > 0);
      }),
    );
    await all;
    expect(received).toBe(3 * WRITES * BYTES);
    expect(wrong).toEqual([]);
  });

  test('answers a request on its own stream, and a visit by both ends', async () => {
    let seen = 0;
    const { port } = await hostStreams(name, (stream) => {
      seen++;
      if (seen > 1) {
        stream.on('data', () => {});
        contender.reply(stream);
      } else stream.on('data', (chunk) => contender.reply(stream, answerOf(isRequest(chunk.at(0)) ? chunk.byteLength : NaN)));
    });
    const client = await contender.connect(() => dial(port));
    const stream = await client.open();
    const answer = new Promise<number>((resolve) => {
      stream.on('data', (chunk) => resolve(bulkBytesIn(Buffer.from(chunk.subarray()))));
    });
    stream.write(request);
    expect(await answer).toBe(request.length);
    await client.visit();
    await client.visit();
    expect(seen).toBe(3);
  });

  test('is pinned to an exact version, or is ours or of Node', () => {
    expect(withVersion(name, contender.package)).toMatch(contender.package === undefined ? /^(net|mux|http2)$/ : / \d+\.\d+\.\d+$/);
  });
});

describe('the check of what was pumped', () => {
  test.each<[string, Buffer[], RegExp | undefined]>([
    ['what was sent', [Buffer.from([0, 0, 1]), Buffer.from([1, 2, 2])], undefined],
    ['a byte that is lost', [Buffer.from([0, 0, 1]), Buffer.from([2, 2])], /byte 3 of a stream is 2, and 1 was sent/],
    ['a chunk that is changed', [Buffer.from([0, 9])], /byte 1 of a stream is 9, and 0 was sent/],
  ])('%s', (_, chunks, complaint) => {
    const check = new PumpCheck(2);
    const take = (): void => chunks.forEach((chunk) => check.take(chunk));
    if (complaint === undefined) expect(take).not.toThrow();
    else expect(take).toThrow(complaint);
  });
});
