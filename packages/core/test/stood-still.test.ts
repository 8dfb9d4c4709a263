// A server whose process stood still: what its peers sent meanwhile is read before anybody is judged for silence.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createServer } from '../src/index.js';

let client: Socket;

function standStill(): void {
  client.write('b');
  const until = performance.now() + 300;
  while (performance.now() < until);
}

it('nobody is ended for a silence in which the process did not read', async () => {
  const reasons: unknown[] = [];
  const server = createServer().withOptions({
    host: '127.0.0.1',
    tcp: {
      timeout: 100,
      onConnection: (socket) => {
        socket.once('data', () => socket.on('data', (bytes) => socket.end(bytes)));
        // Once the sweep has seen the first byte; and from where the loop goes on to its timers before it reads.
        setTimeout(() => setImmediate(standStill), 50);
      },
      onDisconnect: (_, { reason }) => reasons.push(reason),
    },
  });
  const { port } = await server.listen(0);
  client = connect(port, '127.0.0.1');
  client.write('a');
  const [answer] = (await once(client, 'data')) as [Buffer];
  expect(answer.toString()).toBe('b');
  client.end();
  await server.shutdown();
  expect(reasons).toEqual([undefined]);
});
