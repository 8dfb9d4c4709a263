// Many connections: who counts as accepted, how many are on their way at once, and what is left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectMany, createTCPServer, faultProxy } from '../src/index.js';

test('every connection that the server greets is accepted, and the greeting can still be read', async () => {
  await using server = createTCPServer({ onConnection: (socket) => socket.write('welcome') });
  await using load = await connectMany(server.address(), 300);
  expect([load.accepted, load.refused, load.refusals]).toEqual([300, 0, {}]);
  expect(server.connections.size).toBe(300);
  const [greeting] = await once(load.sockets[0]!, 'data');
  expect(String(greeting)).toBe('welcome');
});

test('a connection that the kernel took for a process that hangs is not accepted', async () => {
  const hang = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
  const listen = `const s = require('net').createServer((c) => c.write('welcome')).listen(0, '127.0.0.1', () => {
    require('fs').writeSync(1, String(s.address().port)); ${hang}; })`;
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [port] = await once(child.stdout, 'data');
    let connected = 0;
    const isAccepted = (): boolean => ++connected > 0;
    await using naive = await connectMany({ port: Number(port) }, 3, { isAccepted });
    expect([naive.accepted, connected]).toEqual([3, 3]);
    await using load = await connectMany({ port: Number(port) }, 3, { acceptTimeout: 100 });
    expect([load.accepted, load.refusals]).toEqual([0, { timeout: 3 }]);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('what a server refuses is counted by its reason', async () => {
  let connections = 0;
  await using server = createTCPServer({
    onConnection: (socket) => {
      const fate = connections++ % 3;
      if (fate === 0) socket.write('welcome');
      else if (fate === 1) socket.end();
      else socket.resetAndDestroy();
    },
  });
  await using load = await connectMany(server.address(), 30, { inFlight: 4 });
  expect([load.accepted, load.refused, load.refusals]).toEqual([10, 20, { closed: 10, ECONNRESET: 10 }]);
  const proxy = await faultProxy({ upstream: server.address() });
  await proxy.close();
  const gone = await connectMany(proxy, 5);
  expect(gone.refusals).toEqual({ ECONNREFUSED: 5 });
});

test('a request makes a server speak that speaks second', async () => {
  await using server = createTCPServer({ onConnection: (socket) => void socket.pipe(socket) });
  await using load = await connectMany(server.address(), 20, { request: 'hello' });
  expect(load.accepted).toBe(20);
});

test('isAccepted decides in place of the first byte, and what it throws is thrown', async () => {
  await using server = createTCPServer();
  let asked = 0;
  await using load = await connectMany(server.address(), 10, { isAccepted: () => asked++ % 2 === 0 });
  expect([load.accepted, load.refusals]).toEqual([5, { rejected: 5 }]);
  const failing = connectMany(server.address(), 10, {
    isAccepted: () => {
      throw new Error('what now');
    },
  });
  await expect(failing).rejects.toThrow('what now');
});

test('no more than inFlight are on their way at once', async () => {
  let pending = 0;
  let most = 0;
  await using server = createTCPServer();
  await using load = await connectMany(server.address(), 50, {
    inFlight: 7,
    isAccepted: async () => {
      most = Math.max(most, ++pending);
      await new Promise(setImmediate);
      pending--;
      return true;
    },
  });
  expect([load.accepted, most]).toEqual([50, 7]);
});

test('256 are on their way at once unless told otherwise', async () => {
  await using server = createTCPServer();
  let pending = 0;
  let most = 0;
  await using load = await connectMany(server, 300, {
    isAccepted: async () => {
      most = Math.max(most, ++pending);
      // Until all that may be on their way are.
      while (pending < 256 && most < 256) await new Promise(setImmediate);
      await new Promise(setImmediate);
      pending--;
      return true;
    },
  });
  expect([load.accepted, most]).toEqual([300, 256]);
});

test('a server of node:net is a target, wherever it listens, and one that does not is refused', async () => {
  for (const host of ['127.0.0.1', '127.0.0.2', undefined]) {
    const server = createServer((socket) => socket.write('welcome'));
    await expect(connectMany(server, 1)).rejects.toThrow(new TypeError('target must be a server that listens on a TCP port, got one on none'));
    await once(server.listen(0, host), 'listening');
    {
      await using load = await connectMany(server, 2);
      expect([load.accepted, load.refusals, load.sockets[0]?.remoteAddress]).toEqual([2, {}, host ?? '127.0.0.1']);
      await using address = await connectMany(server.address() as AddressInfo, 1);
      expect(address.accepted).toBe(1);
    }
    server.close();
    await once(server, 'close');
  }
});

test('close leaves nothing open', async () => {
  await using server = createTCPServer({ onConnection: (socket) => socket.write('welcome') });
  const load = await connectMany(server.address(), 50);
  await load.close();
  expect(load.sockets.every((socket) => socket.closed)).toBe(true);
});

test('options out of range are refused', async () => {
  await expect(connectMany({ port: 1 }, -1)).rejects.toThrow('count must be an integer from 0 to 10000000, got -1');
  await expect(connectMany({ port: 0 }, 1)).rejects.toThrow(RangeError);
  await expect(connectMany({ port: 1 }, 1, { inFlight: 0 })).rejects.toThrow(RangeError);
});
