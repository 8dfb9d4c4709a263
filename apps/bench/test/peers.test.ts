import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { echoNames, echoWays } from '../src/echo.js';
import { dial, listen } from '../src/loopback.js';
import { messagesOf, type Message } from '../src/payload.js';
import { sendInTurns } from '../src/peer.js';
import { peerNames, peers } from '../src/peers.js';
import { withVersion } from '../src/machine.js';

async function connected(): Promise<[Socket, Socket]> {
  const listener = await listen();
  const sockets = await Promise.all([dial(listener.port), listener.accept()]);
  listener.close();
  return sockets;
}

describe('a peer', () => {
  test.each(peerNames)('%s brings every message, in order, through back-pressure', async (name) => {
    const [near, far] = await connected();
    const ring = messagesOf(100, 64);
    const received: Message[] = [];
    const all = new Promise<void>((resolve) => {
      peers[name].receiver(far, (message) => {
        if (received.push(message) === 5000) resolve();
      });
    });
    await sendInTurns(peers[name].sender(near), ring, 5000, 1000);
    await all;
    expect(received).toEqual(Array.from({ length: 5000 }, (_, n) => ring[n % 64]));
    for (const socket of [near, far]) socket.destroy();
  });

  test.each(peerNames)('%s is pinned to an exact version, or is ours', (name) => {
    const { package: packageName } = peers[name];
    expect(withVersion(name, packageName)).toMatch(packageName === undefined ? /^(framing-json|wire by hand)$/ : / \d+\.\d+\.\d+$/);
  });
});

describe('an echo', () => {
  test.each(echoNames)('by %s comes back once for each message', async (name) => {
    const [near, far] = await connected();
    const [message] = messagesOf(100, 1);
    echoWays[name].serve(far);
    let echoes = 0;
    const done = new Promise<void>((resolve) => {
      const send = echoWays[name].client(near, message as Message, () => (++echoes < 20 ? send() : resolve()));
      send();
    });
    await done;
    expect(echoes).toBe(20);
    far.end();
    near.end();
    await once(near, 'close');
  });
});
