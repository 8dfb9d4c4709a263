// The wire. Behaviour 1: golden bytes in both directions, and the same events for every cut. Behaviour 19: a peer of
// another make.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { everySplit, randomSplits } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPStreamMultiplexer, native, type CodecEvents, type CodecSession } from '../src/index.js';
import { readAll } from './pairs.js';

interface Vector {
  what: string;
  bytes: string;
}
const { mux: vectors } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as { mux: Vector[] };
const limits = { maxControlBytes: 65_536, maxMetadataBytes: 16_384 };
const ours = { caps: ['credit', 'ack', 'reset', 'ping', 'goaway'], initialWindow: 262_144, maxStreams: 1024 };

/** Every event as an array; slices joined to what their frame held. */
function recorder(): { events: unknown[][]; session: CodecSession } {
  const events: unknown[][] = [];
  const names = ['open', 'ack', 'fin', 'reset', 'grant', 'ping', 'pong', 'goaway', 'hello', 'helloAck', 'unknown', 'fail'] as const;
  const sink = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => events.push([name, ...args])])) as unknown as CodecEvents;
  sink.dataHeader = (id, length): void => void events.push(['data', id, length, '']);
  sink.dataSlice = (_id, slice): void => {
    (events.at(-1) as unknown[])[3] += slice.toString('latin1');
  };
  return { events, session: native().createSession(sink, limits) };
}

const expected: Record<string, unknown[]> = {
  'create stream 1 of type "echo", metadata {}': ['open', 1, 'echo', {}],
  'data "hi" on stream 1': ['data', 1, 2, 'hi'],
  'close stream 1': ['fin', 1],
  hello: ['hello', ours],
  hello_ack: ['helloAck'],
  'stream_ack 1': ['ack', 1],
  'stream_reset 1 cancel': ['reset', 1, 8, ''],
  'window 1 to 524288': ['grant', 1, 524_288],
  ping: ['ping', 1],
  pong: ['pong', 1],
  goaway: ['goaway', 0, 0, ''],
};

describe('behaviour 1, the same events for every cut', () => {
  it.each(vectors)('$what', async ({ what, bytes }) => {
    await everySplit(Buffer.from(bytes, 'hex'), (chunks) => {
      const { events, session } = recorder();
      for (const chunk of chunks) session.decode(chunk);
      expect(events).toEqual([expected[what]]);
    });
  });

  it('all vectors behind each other, whole, byte by byte and at random', async () => {
    const all = Buffer.concat(vectors.map(({ bytes }) => Buffer.from(bytes, 'hex')));
    const cuts: Buffer[][] = [[all], [...all].map((byte) => Buffer.of(byte))];
    randomSplits(all, 1, 200, (chunks) => void cuts.push(chunks));
    for (const chunks of cuts) {
      const { events, session } = recorder();
      for (const chunk of chunks) session.decode(chunk);
      expect(events).toEqual(vectors.map(({ what }) => expected[what]));
    }
  });
});

describe('every vector is what we write', () => {
  const { session } = recorder();
  const header = Buffer.alloc(8);
  session.writeHeader(header, 0, 1, 2);
  it.each([
    ['create', session.open(1, 'echo', {}, 0)],
    ['data', Buffer.concat([header, Buffer.from('hi')])],
    ['close', session.fin(1)],
    ['hello', session.hello(ours)],
    ['hello_ack', session.helloAck()],
    ['stream_ack', session.ack(1, 0)],
    ['stream_reset', session.reset(1, 8, '')],
    ['window', session.grant([1, 524_288, 262_144])[0]!],
    ['ping', session.ping(1)],
    ['pong', session.pong(1)],
    ['goaway', session.goaway(0, 0, '')],
  ])('%s', (start, bytes) => {
    const vector = vectors.find(({ what }) => what === start || what.startsWith(`${start} `));
    expect(bytes.toString('hex')).toBe(vector?.bytes);
  });

  it('a long list of grants becomes frames of at most 32 KiB', () => {
    const grants = Array.from({ length: 5000 }, (_, at) => [at + 1, 2 ** 40 + at, 1]).flat();
    const frames = session.grant(grants);
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(32 * 1024 + 8);
    const { events, session: reader } = recorder();
    for (const frame of frames) reader.decode(frame);
    expect(events).toHaveLength(5000);
    expect(events.at(-1)).toEqual(['grant', 5000, 2 ** 40 + 4999]);
  });
});

/**
 * The documented messages in thirty lines, which follow section 7 of SPEC.md. (The reference peers of yamux speak another
 * wire.) Opens stream 1, sends and closes; echoes the first stream of ours; prints what it got as JSON.
 */
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
