// Behaviour 17: what was written before `destroy` is on its way, as a `net.Socket` has handed it to the system by then.
import { expect, it } from 'vitest';
import { muxPair, settled, streamPair } from './pairs.js';

it.each([undefined, new Error('with an error')])('what was written before destroy(%s) leaves, as from a net.Socket', async (error) => {
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
