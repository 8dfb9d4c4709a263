// 50 000 connections through core and framing-json: behind them the heap is what it was, and no handle, listener or timer
// is left.
import { Child } from '../child.js';
import { isLongEnough, noneOf, scaled, type Effort, type Row, type Scenario } from '../scenario.js';
import { median } from '../statistics.js';

const CONNECTIONS = 50_000;
const BATCHES = 10;
const MIN_BATCH = 200;
/** What is compiled and cached is there by then. */
const WARMUP_BATCHES = 3;
/** A listener or a table entry that stays takes some hundred bytes. */
const MAX_BYTES_EACH = 32;
/** Watched with async_hooks, which is slow. */
const WATCHED = 2000;

async function run(effort: Effort): Promise<Row[]> {
  const { signal, progress, seed } = effort;
  const batch = scaled(CONNECTIONS / BATCHES, effort, MIN_BATCH);
  await using server = await Child.start('leakServer', {}, { signal });
  await using clients = await Child.start('leakClients', { seed }, { signal });
  const port = await server.call('listen');
  const heaps: number[] = [];
  for (let done = 1; done <= BATCHES; done++) {
    progress(`${done * batch} of ${BATCHES * batch} connections`);
    await clients.call('comeAndGo', port, batch);
    heaps.push((await server.call('settle', done * batch)).heapBytes);
  }
  const settled = heaps.slice(WARMUP_BATCHES);
  // Of the first and of the last half: one collection that came at another moment turns neither.
  const half = settled.length >> 1;
  const growth = median(settled.slice(-half)) - median(settled.slice(0, half));
  const each = growth / ((settled.length - half) * batch);
  progress(`${scaled(WATCHED, effort, 100)} connections, resources watched`);
  const watched = scaled(WATCHED, effort, 100);
  await server.call('watch');
  await clients.call('comeAndGo', port, watched);
  const { accepted, listeners, resources } = await server.call('settle', BATCHES * batch + watched);
  const leaked = await server.call('close');
  const wanted = BATCHES * batch + watched;
  return [
    {
      what: `heap of the server over ${BATCHES * batch} connections, and growth of each of the last ${(settled.length - half) * batch}`,
      figure: `${settled.map((bytes) => (bytes / 1024 / 1024).toFixed(2)).join(' ')} MiB, ${each.toFixed(1)} B`,
      bound: `≤ ${MAX_BYTES_EACH} B`,
      // A short run ends before everything is compiled.
      holds: isLongEnough(effort) ? each <= MAX_BYTES_EACH : undefined,
    },
    { what: 'connections served', figure: String(accepted), bound: String(wanted), holds: accepted === wanted },
    noneOf(`timers and sockets left of ${watched} connections, by async_hooks`, resources),
    noneOf('listeners of the process left', listeners),
    noneOf('handles left after close', leaked),
  ];
}

export const leaks: Scenario = {
  name: 'leaks',
  promises: 'the heap is flat over 50 000 connections, and no handle, listener or timer is left',
  seconds: 60,
  run,
};
