// The proxy seen from another process, with nothing of ours in it: what the kernel says there.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createTCPServer, faultProxy, type Fault } from '../src/index.js';

interface Seen {
  bytes: number;
  /** `'end'`, or the code of the error. */
  end: string;
  /** Milliseconds to the first byte and to the end; -1 for neither. */
  firstByte: number;
  ended: number;
}

/** Writes, ends its direction, and tells what came back until the connection ended or its time was over. */
const CLIENT = `
const [port, bytes, time, end] = process.argv.slice(1);
const socket = require('net').connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
let start = 0;
const now = () => performance.now() - start;
const seen = { bytes: 0, end: 'open', firstByte: -1, ended: -1 };
const over = (end) => { if (seen.end === 'open') Object.assign(seen, { end, ended: end === 'silent' ? -1 : now() }); socket.destroy(); };
socket.on('connect', () => {
  start = performance.now();
  if (bytes > 0) socket.write(Buffer.alloc(+bytes));
  if (end === 'end') socket.end();
  setTimeout(over, +time, 'silent').unref();
});
socket.on('data', (chunk) => { if (seen.bytes === 0) seen.firstByte = now(); seen.bytes += chunk.length; });
socket.on('end', () => over('end')).on('error', (error) => over(error.code));
socket.on('close', () => console.log(JSON.stringify(seen)));
`;

/** A process that sends back what it gets and knows half-open. */
async function outsideClient(port: number, bytes: number, { time = 15_000, end = true } = {}): Promise<Seen> {
  const child: ChildProcess = spawn(process.execPath, ['-e', CLIENT, String(port), String(bytes), String(time), end ? 'end' : 'open'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [[line]] = await Promise.all([once(child.stdout!, 'data'), once(child, 'exit')]);
  return JSON.parse(String(line)) as Seen;
}

async function throughProxy(faults: Fault[], bytes: number, options?: { time?: number; end?: boolean }): Promise<Seen> {
  await using server = createTCPServer({ allowHalfOpen: true, onConnection: (socket) => void socket.pipe(socket) });
  await using proxy = await faultProxy({ upstream: server, faults });
  return await outsideClient(proxy.port, bytes, options);
}

test('bytes come back after a half-close, and then the end', async () => {
  expect(await throughProxy([], 1_000_000)).toMatchObject({ bytes: 1_000_000, end: 'end' });
});

test.each<[string, Fault, number]>([
  ['at once', { type: 'reset' }, 0],
  ['after a time', { type: 'reset', after: 50 }, 0],
  ['behind bytes', { type: 'limitBytes', bytes: 700, end: 'reset', direction: 'down' }, 700],
])('a reset is ECONNRESET in another process: %s', async (_, fault, bytes) => {
  expect(await throughProxy([fault], bytes === 0 ? 0 : 1000, { end: false })).toMatchObject({ bytes, end: 'ECONNRESET' });
});

test('a black hole is silent, although the client has ended', async () => {
  expect(await throughProxy([{ type: 'blackhole' }], 100_000, { time: 400 })).toMatchObject({ bytes: 0, end: 'silent' });
});

test('latency and slowClose delay what they say, and no earlier', async () => {
  const { firstByte, ended } = await throughProxy([{ type: 'latency', delay: 60 }, { type: 'slowClose', delay: 200, direction: 'up' }], 1);
  // There and back; a timer may be one millisecond early, and the machine late.
  expect(firstByte).toBeGreaterThan(117);
  expect(firstByte).toBeLessThan(317);
  expect(ended).toBeGreaterThan(317);
});

test('a server that never answers the connect does not hold up the reset, nor close', async () => {
  const hang = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
  const listen = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('fs').writeSync(1, String(s.address().port)); ${hang}; })`;
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = Number((await once(child.stdout, 'data'))[0]);
  // The kernel takes two for its backlog, and answers nobody after them.
  const fillers = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  try {
    await Promise.all(fillers.map((socket) => once(socket, 'connect')));
    const proxy = await faultProxy({ upstream: { port } });
    const client = connect(proxy.port, proxy.host);
    await once(client, 'connect');
    while (proxy.openConnections === 0) await new Promise(setImmediate);
    const error = once(client, 'error');
    await proxy.close();
    expect((await error)[0]).toMatchObject({ code: 'ECONNRESET' });
  } finally {
    for (const socket of fillers) socket.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

test('ups, downs and a close that overlap settle, and the last word counts', async () => {
  const server = createServer((socket) => socket.end('hello'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const proxy = await faultProxy({ upstream: server });
  const { port } = proxy;
  await Promise.all([proxy.down(), proxy.up(), proxy.up(), proxy.down(), proxy.up()]);
  expect(await outsideClient(port, 0)).toMatchObject({ bytes: 5, end: 'end' });
  await Promise.all([proxy.up(), proxy.down()]);
  expect(await outsideClient(port, 0)).toMatchObject({ end: 'ECONNREFUSED' });
  await Promise.all([proxy.up(), proxy.close()]);
  expect(await outsideClient(port, 0)).toMatchObject({ end: 'ECONNREFUSED' });
  server.close();
  await once(server, 'close');
});
