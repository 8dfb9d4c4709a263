// Behaviour 19, as far as a peer of another make exists: the documented messages spoken by thirty lines of Python, which
// follow section 7 of SPEC.md. (The reference peers of yamux speak another wire.)
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { TCPStreamMultiplexer } from '../src/index.js';
import { readAll } from './pairs.js';

/** Opens stream 1, sends and closes; echoes the first stream of ours; prints what it got as JSON. */
const PEER = `
import json, socket, struct, sys
sock = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
wire = sock.makefile('rb')
def send(stream, payload):
    data = struct.pack('>II', stream, len(payload)) + payload
    for at in range(0, len(data), 1000):
        sock.sendall(data[at:at + 1000])
def control(**message):
    send(0, json.dumps(message, ensure_ascii=False).encode('utf-8'))
def frames():
    while True:
        header = wire.read(8)
        if len(header) < 8:
            return
        stream, length = struct.unpack('>II', header)
        yield stream, wire.read(length)
control(metadata={'from': 'Pythön'}, streamType='upload', streamId=1, type='stream_create')
send(1, b'x' * 300000)
control(type='stream_close', streamId=1)
got = {'types': [], 'messages': []}
data = b''
for stream, payload in frames():
    if stream != 0:
        data += payload
        continue
    message = json.loads(payload.decode('utf-8'))
    got['types'].append(message['type'])
    if message['type'] == 'stream_create':
        got['messages'].append([message['streamId'], message['streamType'], message['metadata']])
    if message['type'] == 'stream_close' and message['streamId'] != 1:
        send(message['streamId'], data)
        control(type='stream_close', streamId=message['streamId'])
        break
while wire.read(4096):
    pass
print(json.dumps(got))
`;

it('behaviour 19: a peer written in Python opens, echoes and closes', async (context) => {
  if (spawnSync('python3', ['--version']).status !== 0) context.skip('python3 is not installed');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const python = spawn('python3', ['-c', PEER, String((server.address() as AddressInfo).port)]);
  let output = '';
  let faults = '';
  python.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  python.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  const exited = once(python, 'close');
  const [socket] = await once(server, 'connection');
  const mux = new TCPStreamMultiplexer(socket, { allowHalfOpen: true });
  for await (const stream of mux) {
    expect([stream.id, stream.type, stream.metadata]).toEqual([1, 'upload', { from: 'Pythön' }]);
    expect((await readAll(stream)).length).toBe(300_000);
    break;
  }
  const stream = mux.openStream('echo', { 'é': ['😀'] }, { allowHalfOpen: true });
  const bytes = Buffer.from(Array.from({ length: 500_000 }, (_, at) => at & 255));
  stream.end(bytes);
  expect((await readAll(stream)).equals(bytes)).toBe(true);
  await mux.close();
  expect([(await exited)[0], faults]).toEqual([0, '']);
  const { types, messages } = JSON.parse(output) as { types: string[]; messages: unknown[] };
  expect(messages).toEqual([[0x80000000, 'echo', { 'é': ['😀'] }]]);
  expect(types[0]).not.toBe('hello');
  server.close();
});
