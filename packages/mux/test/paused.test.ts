// A socket that waits for its reader when the multiplexer gets it, as those of a server with `pauseOnConnect` do.
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { muxOver, readAll, streamPair } from './pairs.js';

it.each([true, false])('a paused socket is read from then on (on connect: %s)', async (pauseOnConnect) => {
  const listener = createServer({ pauseOnConnect }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const dialled = createConnection((listener.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await accepted;
  listener.close();
  if (!pauseOnConnect) socket.pause();
  const pair = muxOver([dialled, socket]);
  const [a, b] = await streamPair(pair);
  a.end('hello');
  expect((await readAll(b)).toString()).toBe('hello');
  pair.client.destroy();
  pair.server.destroy();
});
