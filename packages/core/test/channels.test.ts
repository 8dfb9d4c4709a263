import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import type { ConnectionInfo } from '../src/index.js';
import { closed, dial, serve } from './sockets.js';

it('publishes connections, refusals, ends and shutdowns', async () => {
  const published: [name: string, id: number | undefined, keys: string[]][] = [];
  const onMessage = (message: unknown, name: string | symbol): void => {
    const { info } = message as { info?: ConnectionInfo };
    published.push([String(name), info?.id, Object.keys(message as object).sort()]);
  };
  const names = ['connection', 'refuse', 'close', 'shutdown'].map((event) => `verb-tcp:${event}`);
  for (const name of names) subscribe(name, onMessage);
  const { server, port } = await serve({ maxConnections: 1, onConnection: (socket) => socket.on('data', () => socket.end()) });
  const client = await dial(port);
  await closed((await dial(port)).resume());
  client.write('x');
  await closed(client.resume());
  await server.shutdown();
  for (const name of names) unsubscribe(name, onMessage);
  expect(published).toEqual([
    ['verb-tcp:connection', 1, ['info', 'socket']],
    ['verb-tcp:refuse', 2, ['error', 'info', 'reason', 'verdict']],
    ['verb-tcp:close', 1, ['end', 'info']],
    ['verb-tcp:shutdown', undefined, ['report']],
  ]);
});
