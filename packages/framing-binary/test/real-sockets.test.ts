// Real TCP: the same conversation over all that is a TCPSocket in production, with a peer that is not ours, and beside peers
// that reset, flood, stall and lie. No 'error' listener anywhere on the server.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTLS, createServer as createTLSServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { BinaryProtocolHandler } from '../src/index.js';
import { data, frame } from './peers.js';

const SENT = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(300_000, 'x'), Buffer.from([0, 255, 16])];

/** Echoes every message until the peer ends. */
function echo(socket: Socket): void {
  const handler = new BinaryProtocolHandler(socket, { messageTimeout: 200 });
  handler.on('data', ({ payload, flags }) => handler.sendBinaryMessage(0x10, payload, flags));
  handler.on('unknown', () => {
    throw new Error('unknown');
  });
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function expectEcho(socket: Socket): Promise<void> {
  const handler = new BinaryProtocolHandler(socket);
  for (const [index, payload] of SENT.entries()) handler.sendBinaryMessage(0x10, payload, index);
  const answers: Buffer[] = [];
  for await (const { payload, flags } of handler) {
    expect(flags).toBe(answers.length);
    if (answers.push(payload) === SENT.length) break;
  }
  expect(answers.map((answer, index) => answer.equals(SENT[index] as Buffer))).toEqual(SENT.map(() => true));
  const closing = once(handler, 'close');
  socket.end();
  await closing;
}

async function closedServer(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

describe('a conversation', () => {
  it.each([false, true])('over TCP, pauseOnConnect %s', async (pauseOnConnect) => {
    const server = createServer({ pauseOnConnect }, echo);
    await expectEcho(createConnection(await listening(server), '127.0.0.1'));
    await closedServer(server);
  });

  it('over a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'verb-tcp-'));
    const path = join(folder, 'socket');
    const server = createServer(echo).listen(path);
    await once(server, 'listening');
    await expectEcho(createConnection(path));
    await closedServer(server);
    rmSync(folder, { recursive: true });
  });

  it('over TLS', async () => {
    const secret = { psk: Buffer.from('00112233445566778899aabbccddeeff', 'hex'), identity: 'test' };
    const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
    const server = createTLSServer({ ...shared, pskCallback: () => secret.psk, pskIdentityHint: 'test' }, echo);
    const options = { ...shared, pskCallback: () => secret, checkServerIdentity: () => undefined };
    await expectEcho(connectTLS({ ...options, port: await listening(server), host: '127.0.0.1' }));
    await closedServer(server);
  });
});

/** Sends frames cut at every second byte, and prints the payloads it received. No code of ours. */
const PYTHON_PEER = `
import socket, struct, sys
sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
sent = [b'hello', b'', bytes(range(256)) * 100]
for payload in sent:
    data = struct.pack('>HIH', 0x10, len(payload), 0xffff) + payload
    step = 2 if len(data) < 100 else 4096
    for at in range(0, len(data), step):
        sock.sendall(data[at:at + step])
sock.sendall(struct.pack('>HIH', 1, 0, 0))
stream = sock.makefile('rb')
for payload in sent + [b'pong']:
    kind, length, flags = struct.unpack('>HIH', stream.read(8))
    print(kind, flags, stream.read(length) == payload)
sock.close()
`;

it('a peer written in Python understands every frame, and is understood', async (context) => {
  if (spawnSync('python3', ['--version']).status !== 0) context.skip('python3 is not installed');
  const server = createServer(echo);
  const python = spawn('python3', ['-c', PYTHON_PEER, String(await listening(server))]);
  let output = '';
  python.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(python, 'close');
  expect(output).toBe('16 65535 True\n16 65535 True\n16 65535 True\n2 0 True\n');
  await closedServer(server);
});

describe('a server without any error listener lives on, and serves others, when a peer', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['speaks HTTP', (socket) => void socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['declares 4 GiB', (socket) => void socket.write(frame(0x10, '', 0, 2 ** 32 - 1))],
    ['begins a header and stalls', (socket) => void socket.write(Buffer.alloc(3))],
    ['begins a message and stalls', (socket) => void socket.write(frame(0x10, 'x', 0, 1000))],
    ['makes a listener throw', (socket) => void socket.write(frame(0x99))],
    ['ends inside a message', (socket) => void socket.end(frame(0x10, 'x', 0, 1000))],
    ['resets inside a message', (socket) => void socket.write(frame(0x10, 'x', 0, 1000), () => socket.resetAndDestroy())],
    ['resets with answers on their way', (socket) => void socket.write(data(...SENT), () => socket.resetAndDestroy())],
    ['floods heartbeats and goes without reading', (socket) => {
      socket.pause();
      socket.write(Buffer.alloc(800_000, frame(1)), () => socket.destroy());
    }],
  ])('%s', async (_, act) => {
    let ended = 0;
    const server = createServer((socket) => {
      socket.once('close', () => ended++);
      echo(socket);
    });
    const port = await listening(server);
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.resume();
    const closing = new Promise((resolve) => socket.once('close', resolve));
    act(socket);
    await closing;
    await expectEcho(createConnection(port, '127.0.0.1'));
    await closedServer(server);
    expect(ended).toBe(2);
  });
});
