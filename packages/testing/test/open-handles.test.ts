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

test('a timer is named with its time and the place that started it, and one that holds no process is not', async () => {
  await using handles = openHandles();
  const timer = setTimeout(() => {}, 60_000);
  const interval = setInterval(() => {}, 1234);
  setTimeout(() => {}, 60_000).unref();
  const here = String.raw`started at .*open-handles\.test\.ts:\d+:\d+`;
  expect(handles.leaked()).toEqual([
    expect.stringMatching(new RegExp(`^interval of 1234 ms ${here}`)),
    expect.stringMatching(new RegExp(`^timer of 60000 ms ${here}`)),
  ]);
  clearTimeout(timer);
  clearInterval(interval);
  expect(handles.leaked()).toEqual([]);
});

test('a timer that has fired is over, and one that was refreshed is not', async () => {
  await using handles = openHandles();
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 1);
  });
  expect(handles.leaked()).toEqual([]);
  timer?.refresh();
  expect(handles.leaked()).toHaveLength(1);
  clearTimeout(timer);
});

// Counts stand still in the next three: each handle is told from the one that it replaces.
test('a timer in place of one that ran before is a leak', async () => {
  const before = setTimeout(() => {}, 60_000);
  await using handles = openHandles();
  clearTimeout(before);
  const after = setTimeout(() => {}, 60_000);
  expect(handles.leaked()).toHaveLength(1);
  clearTimeout(after);
});

test('a server in place of one that had the same name is a leak', async () => {
  const before = createTCPServer();
  const { port } = before.address();
  await using handles = openHandles();
  await before.close();
  const after = createTCPServer({ port });
  expect(handles.leaked()).toEqual([`TCP server :::${port}`]);
  await after.close();
});

test('a connection in place of another is a leak, at both ends', async () => {
  await using server = createTCPServer();
  const { port } = server.address();
  const open = async () => {
    const socket = connect(port, '127.0.0.1').resume();
    while (server.connections.size === 0) await new Promise(setImmediate);
    return socket;
  };
  const before = await open();
  await using handles = openHandles();
  before.destroy();
  while (server.connections.size > 0) await new Promise(setImmediate);
  const after = await open();
  expect(handles.leaked()).toHaveLength(2);
  after.destroy();
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

test('a standard stream of the process, made at its first use, is no leak', () => {
  const handles = openHandles();
  const standard = { constructor: { name: 'Socket' }, _isStdio: true };
  const other = { constructor: { name: 'Socket' } };
  const open = process as unknown as { _getActiveHandles: () => unknown[] };
  const handlesNow = open._getActiveHandles();
  const list = vi.spyOn(open, '_getActiveHandles').mockReturnValue([...handlesNow, standard, other]);
  expect(handles.leaked()).toEqual(['Socket']);
  list.mockRestore();
});
