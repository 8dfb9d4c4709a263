// Behaviour 17, the rest of it: the tests of framing-json, unchanged, with streams of a multiplexer where they think they
// have sockets. `socketPair` takes the two ends of a stream from a pool, which is filled as it empties: opening takes turns.
// What it ignores is how the sockets of a pair cut and how much they hold: streams have their own frames and windows. Random
// bytes and values come in fewer rounds, as a turn takes its streams out of the pool. Files that dial or listen run in
// `framing-over-carriers.test.ts`; five of whose sockets little more is asked than to be there run with MUX_LONG=1 only.
import { beforeEach, expect, it, vi } from 'vitest';
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

/** Rounds of random bytes and values; in each is a stream or two, or three of them. */
const ROUNDS = isLong ? 1000 : 150;
/** As many pairs as one test takes in one turn. */
const POOL = 3 * ROUNDS + 50;
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

const { FC_RUNS } = process.env;
process.env['FC_RUNS'] = String(ROUNDS);
await import('../../framing-json/test/mutations.test.js');
await import('../../framing-json/test/splits-and-joins.test.js');
if (FC_RUNS === undefined) delete process.env['FC_RUNS'];
else process.env['FC_RUNS'] = FC_RUNS;

await import('../../framing-json/test/back-pressure.test.js');
await import('../../framing-json/test/closes.test.js');
await import('../../framing-json/test/detach.test.js');
await import('../../framing-json/test/iterates.test.js');
await import('../../framing-json/test/throwing-listeners.test.js');
await import('../../framing-json/test/timeouts.test.js');
await import('../../framing-json/test/too-large.test.js');
await import('../../framing-json/test/truncated.test.js');
const rest = {
  'bad-input': () => import('../../framing-json/test/bad-input.test.js'),
  'not-serializable': () => import('../../framing-json/test/not-serializable.test.js'),
  options: () => import('../../framing-json/test/options.test.js'),
  schema: () => import('../../framing-json/test/schema.test.js'),
  'text-mode': () => import('../../framing-json/test/text-mode.test.js'),
};
if (isLong) for (const load of Object.values(rest)) await load();

it.for(Object.entries(rest))('%s.test.ts of framing-json runs too (MUX_LONG)', async ([, load], context) => {
  context.skip(!isLong, 'with MUX_LONG=1 only: it asks little of its sockets');
  expect(await load()).toBeDefined();
});
