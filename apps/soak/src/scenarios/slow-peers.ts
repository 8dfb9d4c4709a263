// 1 000 peers that drip a byte a second, and peers that send without end and never read: they are gone in time, they cost
// no more memory than the limits name, and a good client beside them notices nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../child.js';
import type { Fate } from '../roles/message-server.js';
import type { RoundTrips } from '../roles/steady-client.js';
import { isLongEnough, noneOf, scaled, type Effort, type Row, type Scenario } from '../scenario.js';
import { median } from '../statistics.js';

const DRIPPERS = 1000;
const DRIP_MILLISECONDS = 1000;
const MESSAGE_TIMEOUT = 8000;
const MIN_MESSAGE_TIMEOUT = 1200;
/** The server looks exactly then; what the machine held it up is left out. */
const LATE_MILLISECONDS = 100;
const ROUNDS = 3;
const ROUND_TRIPS = 1500;
/** So that all of them take less time than the drippers have. */
const PAUSE_MILLISECONDS = 2;
const MAX_RATIO = 1.5;

const FLOODERS = 100;
const FLOOD_MESSAGE_BYTES = 4096;
const SAMPLE_MILLISECONDS = 200;
const MAX_MESSAGE_BYTES = 256 * 1024;
/** What the iterator lets wait, 64 messages or `maxMessageBytes`; the limit itself; and 64 KiB. */
const MAX_BYTES_EACH = Math.max(64 * FLOOD_MESSAGE_BYTES, MAX_MESSAGE_BYTES) + MAX_MESSAGE_BYTES + 64 * 1024;
/** Long enough for all of them to get stuck first. */
const WRITE_STALL_TIMEOUT = 10_000;
const MIN_WRITE_STALL_TIMEOUT = 4000;

async function drippers(effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  const count = scaled(DRIPPERS, effort, 50);
  const rounds = scaled(ROUNDS, effort);
  const messageTimeout = scaled(MESSAGE_TIMEOUT, effort, MIN_MESSAGE_TIMEOUT);
  const roundTrips = scaled(ROUND_TRIPS, effort, 100);
  await using server = await Child.start('messageServer', { messageTimeout }, { signal });
  await using steady = await Child.start('steadyClient', {}, { signal });
  await using slow = await Child.start('slowClients', {}, { signal });
  const port = await server.call('listen');
  await steady.call('connect', port);
  await steady.call('exchange', roundTrips, 0);
  const alone: RoundTrips[] = [];
  const beside: RoundTrips[] = [];
  const codes = new Map<string, number>();
  let lasted = 0;
  let late = -Infinity;
  for (let round = 1; round <= rounds; round++) {
    progress(`${count} drip, ${round} of ${rounds}`);
    alone.push(await steady.call('exchange', roundTrips, PAUSE_MILLISECONDS));
    await slow.call('drip', port, count, DRIP_MILLISECONDS);
    beside.push(await steady.call('exchange', roundTrips, PAUSE_MILLISECONDS));
    for (const fate of await server.call('fates', count)) {
      codes.set(fate.code, (codes.get(fate.code) ?? 0) + 1);
      lasted = Math.max(lasted, fate.lasted);
      late = Math.max(late, fate.late);
    }
    await slow.call('gone');
  }
  const timedOut = codes.get('ERR_FRAME_TIMEOUT') ?? 0;
  const ratio = (of: 'p50' | 'p99'): number => median(beside.map((one, round) => one[of] / (alone[round] as RoundTrips)[of]));
  const wrong = [...alone, ...beside].reduce((sum, one) => sum + one.wrong + roundTrips - one.sent, 0);
  return [
    {
      what: `${count} peers that drip a byte a second, ${rounds} times: ended with ERR_FRAME_TIMEOUT`,
      figure: timedOut === rounds * count ? String(timedOut) : JSON.stringify([...codes]),
      bound: String(rounds * count),
      holds: timedOut === rounds * count,
    },
    {
      what: 'the last of them, from its first byte to its end',
      figure: `${lasted.toFixed(0)} ms, ${late.toFixed(0)} late without what the machine held it up`,
      bound: `≤ messageTimeout (${messageTimeout} ms) + ${LATE_MILLISECONDS} ms`,
      holds: late <= LATE_MILLISECONDS,
    },
    noneOf('echoes of a good client beside them that were wrong or missing', wrong),
    {
      what: 'round trip of the good client, with them ÷ without: p50, p99',
      figure: `${ratio('p50').toFixed(2)}, ${ratio('p99').toFixed(2)}`,
      bound: `p99 ≤ ${MAX_RATIO}`,
      holds: isLongEnough(effort) ? ratio('p99') <= MAX_RATIO : undefined,
    },
  ];
}

async function flooders(effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  const count = scaled(FLOODERS, effort, 20);
  const settings = { maxMessageBytes: MAX_MESSAGE_BYTES, writeStallTimeout: scaled(WRITE_STALL_TIMEOUT, effort, MIN_WRITE_STALL_TIMEOUT) };
  await using server = await Child.start('messageServer', settings, { signal });
  await using steady = await Child.start('steadyClient', {}, { signal });
  await using slow = await Child.start('slowClients', {}, { signal });
  const port = await server.call('listen');
  await steady.call('connect', port);
  await steady.call('exchange', 200, 0);
  const before = await server.call('held');
  progress(`${count} send and never read`);
  await steady.call('begin');
  await slow.call('flood', port, count, FLOOD_MESSAGE_BYTES);
  // Until all of them have been ended: what a peer makes the server hold meanwhile counts, not what it holds in the end.
  let each = 0;
  let fates: Fate[] | undefined;
  const ended = server.call('fates', count).then((found) => (fates = found));
  while (fates === undefined) {
    each = Math.max(each, ((await server.call('held')) - before) / count);
    await Promise.race([ended, sleep(SAMPLE_MILLISECONDS)]);
  }
  const sent = await slow.call('sent');
  const { sent: exchanged, wrong } = await steady.call('rest');
  await slow.call('gone');
  const stalled = fates.filter(({ code }) => code === 'ERR_TCP_WRITE_STALLED' || code === 'ERR_FRAME_TRUNCATED').length;
  return [
    {
      what: `most memory held for each of ${count} peers that send and never read (${(sent / 1024 / 1024).toFixed(0)} MiB sent)`,
      figure: `${(each / 1024).toFixed(0)} KiB`,
      bound: `≤ ${MAX_BYTES_EACH / 1024} KiB: 64 messages or maxMessageBytes, the limit, 64 KiB`,
      holds: each <= MAX_BYTES_EACH,
    },
    {
      what: 'of them ended by writeStallTimeout',
      figure: stalled === count ? String(stalled) : JSON.stringify(fates.map(({ code }) => code)),
      bound: String(count),
      holds: stalled === count,
    },
    {
      what: 'echoes of a good client meanwhile: right, wrong',
      figure: `${exchanged - wrong}, ${wrong}`,
      bound: 'some, 0',
      holds: exchanged > 0 && wrong === 0,
    },
  ];
}

async function run(effort: Effort): Promise<Row[]> {
  return [...(await drippers(effort)), ...(await flooders(effort))];
}

export const slowPeers: Scenario = {
  name: 'slow-peers',
  promises: 'peers that drip, or never read, are gone in time, take bounded memory, and cost the others nothing',
  seconds: 70,
  run,
};
