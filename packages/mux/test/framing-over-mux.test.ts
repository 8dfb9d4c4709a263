// Behaviour 17, the rest of it: the tests of framing-json, unchanged, with streams of a multiplexer where they think they
// have sockets. `socketPair` takes the two ends of a stream from a pool, which is filled as it empties: opening takes turns.
// Left out are the files that ask for thousands in one turn and hand their bytes to the handler past the socket;
// those that have little to do with sockets run with MUX_LONG=1.
import { beforeEach, vi } from 'vitest';
import type { socketPair, SocketPairOptions } from '@verb-tcp/testing';
import { TCPStreamMultiplexer, type StreamHandler } from '../src/index.js';
import { isLong, until } from './pairs.js';

type MakePair = typeof socketPair;
const take = vi.hoisted(() => ({ pair: undefined as ((options?: SocketPairOptions) => [StreamHandler, StreamHandler]) | undefined }));

vi.mock(import('@verb-tcp/testing'), async (importOriginal) => ({
  ...(await importOriginal()),
  socketPair: ((options?: SocketPairOptions) => take.pair?.(options)) as unknown as MakePair,
}));
const { socketPair: carriers } = await vi.importActual<{ socketPair: MakePair }>('@verb-tcp/testing');

const POOL = 100;
/** A connection is left after so many streams: tests that reset one after the other look like an attack to it. */
const STREAMS_OF_A_CONNECTION = 500;
const pool: [StreamHandler, StreamHandler][] = [];
let client: TCPStreamMultiplexer | undefined;
let opened = 0;

function open(): void {
  if (client === undefined || opened++ % STREAMS_OF_A_CONNECTION === 0) {
    const [first, second] = carriers();
    // So that a writer is held back where one over a socket is.
    const options = { initialWindowBytes: 65_536, maxGrowthBytes: 0 };
    const dialler = new TCPStreamMultiplexer(first, { role: 'client', ...options });
    const server = new TCPStreamMultiplexer(second, { role: 'server', ...options });
    server.on('stream', (stream) => pool.push([dialler.getStream(stream.id) as StreamHandler, stream]));
    client = dialler;
  }
  client.openStream('test');
}

take.pair = ({ allowHalfOpen = false } = {}): [StreamHandler, StreamHandler] => {
  const streams = pool.shift();
  if (streams === undefined) throw new Error('the pool of streams is empty: too many were taken in one turn');
  for (const stream of streams) stream.allowHalfOpen = allowHalfOpen;
  open();
  return streams;
};

beforeEach(async () => {
  if (opened === 0) for (let count = 0; count < POOL; count++) open();
  await until(() => pool.length === POOL);
});

await import('../../framing-json/test/back-pressure.test.js');
await import('../../framing-json/test/closes.test.js');
await import('../../framing-json/test/detach.test.js');
await import('../../framing-json/test/iterates.test.js');
await import('../../framing-json/test/throwing-listeners.test.js');
await import('../../framing-json/test/timeouts.test.js');
await import('../../framing-json/test/too-large.test.js');
await import('../../framing-json/test/truncated.test.js');
if (isLong) {
  await import('../../framing-json/test/bad-input.test.js');
  await import('../../framing-json/test/not-serializable.test.js');
  await import('../../framing-json/test/options.test.js');
  await import('../../framing-json/test/schema.test.js');
  await import('../../framing-json/test/text-mode.test.js');
}
