// A stream is a `TCPSocket`: every rule of the contract, with the opener first and the acceptor first, in memory and on TCP.
import { describe, expect, test } from 'vitest';
import { socketPair, tcpSocketConformance, type MakePair } from '@verb-tcp/testing';
import { muxOver, muxPair, settled, streamPair, tcpPair, type MuxPair } from './pairs.js';

function pairMaker(makeSockets: () => Promise<MuxPair['sockets']> | MuxPair['sockets'], isSwapped: boolean): MakePair {
  return async (options = {}) => {
    const muxes = muxOver(await makeSockets(), options);
    const [opened, accepted] = await streamPair(muxes, options.allowHalfOpen);
    let open = 2;
    for (const stream of [opened, accepted]) stream.once('close', () => --open === 0 && setTimeout(() => muxes.client.destroy(), 200).unref());
    return isSwapped ? [accepted, opened] : [opened, accepted];
  };
}

describe.each([
  ['over TCP, the opener first', pairMaker(tcpPair, false)],
  ['over TCP, the acceptor first', pairMaker(tcpPair, true)],
  ['over a pair in memory', pairMaker(() => socketPair(), false)],
])('streams %s', (_, makePair) => {
  test.each(tcpSocketConformance(makePair))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

// On its way, as a `net.Socket` has handed it to the system by then.
test.each([undefined, new Error('with an error')])('behaviour 17: what was written before destroy(%s) leaves, as from a net.Socket', async (error) => {
  const pair = muxPair();
  const [a, b] = await streamPair(pair);
  await settled();
  const chunks: Buffer[] = [];
  b.on('data', (bytes: Buffer) => chunks.push(bytes)).on('error', () => {});
  a.cork();
  a.write('first');
  a.write('second');
  a.uncork();
  a.destroy(error);
  await settled();
  expect(Buffer.concat(chunks).toString()).toBe('firstsecond');
  expect(b.destroyed).toBe(true);
  pair.client.destroy();
});
