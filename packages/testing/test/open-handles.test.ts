// Leaks by name: each kind is left open once on purpose.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createTCPServer, openHandles, socketPair } from '../src/index.js';

afterEach(() => {
  vi.useRealTimers();
});

test('a test that closes what it opened leaks nothing', async () => {
  await using handles = openHandles();
  await using server = createTCPServer({ onConnection: (socket) => socket.end('bye') });
  const client = connect(server.address().port, '127.0.0.1').resume();
  await once(client, 'close');
  socketPair()[0].write('x');
  expect(handles.leaked()).toContain(`TCP server :::${server.address().port}`);
});

test('a server and both ends of a connection are named with their addresses', async () => {
  const handles = openHandles({ closeTimeout: 0 });
  const server = createTCPServer();
  const { port } = server.address();
  const client = connect(port, '127.0.0.1');
  while (server.connections.size === 0) await new Promise(setImmediate);
  const own = `127.0.0.1:${client.localPort}`;
  expect(handles.leaked()).toEqual(expect.arrayContaining([`TCP socket ${own} to 127.0.0.1:${port}`, `TCP server :::${port}`]));
  await expect(handles.expectNone()).rejects.toMatchObject({
    code: 'ERR_TESTING_HANDLES_OPEN',
    message: expect.stringContaining(`TCP socket ${own} to 127.0.0.1:${port}`),
  });
  client.destroy();
  await server.close();
});

test('a timer is found, and one that holds no process is not', async () => {
  const handles = openHandles();
  const timer = setTimeout(() => {}, 60_000);
  setTimeout(() => {}, 60_000).unref();
  expect(handles.leaked()).toContain('Timeout');
  clearTimeout(timer);
  await handles.expectNone();
  expect(handles.leaked()).not.toContain('Timeout');
});

test('a handle in place of one that was there before is a leak all the same', async () => {
  const before = createTCPServer();
  const handles = openHandles({ closeTimeout: 0 });
  await before.close();
  const after = createTCPServer();
  expect(handles.leaked()).toContain(`TCP server :::${after.address().port}`);
  await after.close();
});

test('handles that are still closing are waited for, also under a fake clock', async () => {
  vi.useFakeTimers();
  const handles = openHandles();
  const server = createTCPServer();
  await Promise.all([handles.expectNone(), server.close()]);
  expect(handles.leaked()).toEqual([]);
});

test('options out of range are refused', () => {
  expect(() => openHandles({ closeTimeout: -1 })).toThrow('closeTimeout must be an integer from 0 to 2147483647, got -1');
});
