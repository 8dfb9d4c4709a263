import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMessageDecoder, encodeMessage } from '@verb-tcp/socket/message';
import { expect, test, vi } from 'vitest';
import { createTCPClient, createTCPServer } from '../src/index.js';

test('TCP server accepts connections', async () => {
  const server = createTCPServer({
    port: 0,
    onConnection: (socket) => {
      socket.write('Hello Client!');
    },
  });

  const client = createTCPClient();
  const serverAddress = server.address();

  await client.connect(serverAddress.port, 'localhost');

  const data = await new Promise<Buffer>((resolve) => {
    client.on('data', resolve);
  });

  expect(data.toString()).toBe('Hello Client!');

  client.destroy();
  await server.close();
});

test('messages go there and back over a client that is framed after it connected', async () => {
  await using server = createTCPServer({
    onConnection: (socket) => {
      const decoder = createMessageDecoder({ maxMessageBytes: 1024 });
      socket.on('data', (chunk) => {
        decoder.push(chunk);
        for (let message; (message = decoder.next()) !== undefined; ) socket.write(encodeMessage({ echo: message }));
      });
    },
  });
  await using client = createTCPClient();
  await client.connect(server.address().port, 'localhost');
  const decoder = createMessageDecoder({ maxMessageBytes: 1024 });
  const answer = new Promise((resolve) => {
    client.on('data', (chunk) => {
      decoder.push(chunk);
      const message = decoder.next();
      if (message !== undefined) resolve(message);
    });
  });
  client.write(encodeMessage({ type: 'test' }));
  expect(await answer).toEqual({ echo: { type: 'test' } });
});

test('the address is known when the call returns', async () => {
  await using server = createTCPServer();
  expect(server.address().port).toBeGreaterThan(0);
});

test('what the server sent long before anybody listens is not lost', async () => {
  await using server = createTCPServer({ onConnection: (socket) => socket.end('early') });
  await using client = createTCPClient();
  await client.connect(server.address().port, '127.0.0.1');
  while (client.bytesRead < 5) await nextTurn();
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(client, 'end');
  expect(Buffer.concat(chunks).toString()).toBe('early');
});

test('a handler that throws ends its connection, warns at once, and fails close', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const server = createTCPServer({
    onConnection: () => {
      throw new Error('oops');
    },
  });
  await using client = createTCPClient();
  await client.connect(server.address().port);
  await once(client.resume(), 'close');
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('oops'), 'TestTCPServer', 'ERR_TESTING_HANDLER_FAILED');
  await expect(server.close()).rejects.toMatchObject({ code: 'ERR_TESTING_HANDLER_FAILED', cause: new Error('oops') });
  warn.mockRestore();
});

test('a handler that rejects reaches onError, and close then settles', async () => {
  const seen: Error[] = [];
  const server = createTCPServer({
    onConnection: () => Promise.reject(new Error('later')),
    onError: (error) => seen.push(error),
  });
  await using client = createTCPClient();
  await client.connect(server.address().port);
  await once(client.resume(), 'close');
  expect(seen).toMatchObject([{ code: 'ERR_TESTING_HANDLER_FAILED', cause: new Error('later') }]);
  expect(server.errors).toEqual(seen);
  await server.close();
});

test('a peer that resets is seen in errors and fails nothing', async () => {
  const server = createTCPServer();
  const client = connect(server.address().port, '127.0.0.1');
  await once(client, 'connect');
  while (server.connections.size === 0) await nextTurn();
  client.resetAndDestroy();
  while (server.connections.size > 0) await nextTurn();
  expect(server.errors).toMatchObject([{ code: 'ECONNRESET' }]);
  await server.close();
});

test('close destroys what is open, settles, and gives the same promise again', async () => {
  const server = createTCPServer();
  await using client = createTCPClient();
  await client.connect(server.address().port);
  while (server.connections.size === 0) await nextTurn();
  const closed = server.close();
  expect(server.close()).toBe(closed);
  await closed;
  expect(server.connections.size).toBe(0);
  expect(() => server.address()).toThrow(expect.objectContaining({ code: 'ERR_TESTING_NOT_LISTENING' }));
});

test('a port in use makes createTCPServer throw', async () => {
  await using server = createTCPServer();
  const { port } = server.address();
  expect(() => createTCPServer({ port })).toThrow(expect.objectContaining({ code: 'ERR_TESTING_PORT_UNAVAILABLE' }));
});

test('connecting to nobody rejects with the error of the system', async () => {
  const server = createTCPServer();
  const { port } = server.address();
  await server.close();
  const client = createTCPClient();
  await expect(client.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(client.destroyed).toBe(true);
});

test('a client connects once, and not after destroy', async () => {
  await using server = createTCPServer();
  const { port } = server.address();
  await using client = createTCPClient();
  await client.connect(port);
  await expect(client.connect(port)).rejects.toMatchObject({ code: 'ERR_TESTING_ALREADY_CONNECTED' });
  const destroyed = createTCPClient();
  destroyed.destroy();
  await expect(destroyed.connect(port)).rejects.toMatchObject({ code: 'ERR_TESTING_CLIENT_CLOSED' });
  const closed = createTCPClient();
  await once(closed.destroy(), 'close');
  await expect(closed.connect(port)).rejects.toMatchObject({ code: 'ERR_TESTING_CLIENT_CLOSED' });
  const leaving = createTCPClient();
  const connecting = leaving.connect(port);
  leaving.destroy();
  await expect(connecting).rejects.toMatchObject({ code: 'ERR_TESTING_CLIENT_CLOSED' });
});

test('marks are 64 KiB on both sides, or what the options say', async () => {
  await using server = createTCPServer({ highWaterMarkBytes: 1000 });
  await using client = createTCPClient();
  await client.connect(server.address().port);
  while (server.connections.size === 0) await nextTurn();
  const [accepted] = server.connections;
  expect([client.writableHighWaterMark, client.readableHighWaterMark]).toEqual([65536, 65536]);
  expect([accepted?.writableHighWaterMark, accepted?.readableHighWaterMark]).toEqual([1000, 1000]);
});

test.each([
  [{ port: -1 }, 'port must be an integer from 0 to 65535, got -1'],
  [{ port: 65536 }, 'port must be an integer from 0 to 65535, got 65536'],
  [{ highWaterMarkBytes: 0 }, 'highWaterMarkBytes must be an integer from 1 to 1073741824, got 0'],
])('options %j are refused', (options, message) => {
  expect(() => createTCPServer(options)).toThrow(new RangeError(message));
});
