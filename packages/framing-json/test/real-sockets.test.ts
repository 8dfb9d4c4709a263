// The same conversation over everything that is a TCPSocket in production, and with a peer that is not ours.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTLS, createServer as createTLSServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { MessageHandler } from '../src/index.js';

const SENT = [{ type: 'ping' }, 'é😀', null, ['x'.repeat(300_000)], { n: 1 }];

/** Echoes every message until the peer ends. */
function echo(socket: Socket): void {
  const handler = new MessageHandler(socket);
  handler.on('message', (message) => handler.sendMessage(message));
}

async function converse(server: Server, dial: () => Socket): Promise<unknown[]> {
  const socket = dial();
  const handler = new MessageHandler(socket);
  for (const message of SENT) handler.sendMessage(message);
  const answers: unknown[] = [];
  for await (const message of handler) if (answers.push(message) === SENT.length) break;
  const closing = once(handler, 'close');
  socket.end();
  await closing;
  server.close();
  await once(server, 'close');
  return answers;
}

describe('a conversation', () => {
  it('over TCP', async () => {
    const server = createServer(echo).listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await converse(server, () => createConnection((server.address() as AddressInfo).port, '127.0.0.1'))).toEqual(SENT);
  });

  it('over TCP whose sockets are paused on connect', async () => {
    const server = createServer({ pauseOnConnect: true }, echo).listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await converse(server, () => createConnection((server.address() as AddressInfo).port, '127.0.0.1'))).toEqual(SENT);
  });

  it('over a unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'verb-tcp-'));
    const path = join(folder, 'socket');
    const server = createServer(echo).listen(path);
    await once(server, 'listening');
    expect(await converse(server, () => createConnection(path))).toEqual(SENT);
    rmSync(folder, { recursive: true });
  });

  it('over TLS', async () => {
    const secret = { psk: Buffer.from('00112233445566778899aabbccddeeff', 'hex'), identity: 'test' };
    const shared = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
    const server = createTLSServer({ ...shared, pskCallback: () => secret.psk, pskIdentityHint: 'test' }, echo);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const options = { ...shared, pskCallback: () => secret, checkServerIdentity: () => undefined };
    expect(await converse(server, () => connectTLS({ ...options, port, host: '127.0.0.1' }))).toEqual(SENT);
  });
});

/** Sends frames cut at every second byte, and answers what it received as JSON lines. No code of ours. */
const PYTHON_PEER = `
import json, socket, sys
sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
sent = json.loads(sys.argv[2])
for value in sent:
    payload = json.dumps(value, ensure_ascii=False).encode('utf-8')
    data = str(len(payload)).encode('ascii') + b'\\n' + payload
    step = 2 if len(data) < 100 else 4096
    for at in range(0, len(data), step):
        sock.sendall(data[at:at + step])
stream = sock.makefile('rb')
received = []
for _ in sent:
    length = int(stream.readline())
    received.append(json.loads(stream.read(length).decode('utf-8')))
sock.close()
print(json.dumps(received))
`;

it('a peer written in Python understands every frame, and is understood', async (context) => {
  if (spawnSync('python3', ['--version']).status !== 0) context.skip('python3 is not installed');
  const server = createServer(echo).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = [{ type: 'ping' }, 'é😀', null, ['x'.repeat(100_000)], { n: 1 }];
  const python = spawn('python3', ['-c', PYTHON_PEER, String(port), JSON.stringify(sent)]);
  let output = '';
  let faults = '';
  python.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  python.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  const [status] = (await once(python, 'close')) as [number];
  expect(faults).toBe('');
  expect(status).toBe(0);
  expect(JSON.parse(output)).toEqual(sent);
  server.close();
  await once(server, 'close');
});
