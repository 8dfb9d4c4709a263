// A room of 500, one of whom never reads: it is cut off, or misses messages, as its server wants it; it takes no more memory
// than the limit names, and the others notice nothing. And 10 000 messages in one turn to 500 who do read cut off nobody.
import { Child } from '../child.js';
import type { Deliveries } from '../roles/room-members.js';
import type { Slowness } from '../roles/room-server.js';
import { isLongEnough, noneOf, scaled, type Effort, type Row, type Scenario } from '../scenario.js';
import { median } from '../statistics.js';

const MEMBERS = 500;
const MIN_MEMBERS = 50;
const ROUNDS = 3;
const MESSAGES = 120;
const MIN_MESSAGES = 80;
/** So that two cores are not half busy: a full machine would hide what one member costs. */
const PAUSE_MILLISECONDS = 40;
const MIN_PAUSE_MILLISECONDS = 10;
const MESSAGE_BYTES = 2048;
const MAX_BUFFERED_BYTES = 64 * 1024;
/** A message as it waits: its text, and the JSON around it. */
const MAX_MESSAGE_BYTES = MESSAGE_BYTES + 100;
/**
 * Past the limit as much again may wait until it is found slow: counted from what the message that passes it brings, and
 * those of the two turns until it is looked at, where the process is held up and each turn is late enough for one.
 */
const MAX_WAITING_BYTES = 2 * MAX_BUFFERED_BYTES + 3 * MAX_MESSAGE_BYTES;
/** What a process holds beside that scatters. */
const MAX_HELD_BYTES = MAX_WAITING_BYTES + 4 * 1024 * 1024;
const MAX_RATIO = 1.5;
const CUT_CODES = ['ERR_ROOMS_SLOW', 'ERR_ROOMS_STALLED'];

const BURST = 10_000;
const MIN_BURST = 1000;
const BURST_TEXT_BYTES = 50;

type Policy = 'disconnect' | 'drop';

interface Round {
  without: Deliveries;
  beside: Deliveries;
  /** Without it once more: how far two rounds alike are apart. */
  again: Deliveries;
  slowness: Slowness;
  /** Bytes that the process held more at the end of it than before. */
  held: number;
}

async function stalled(policy: Policy, effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  const count = scaled(MEMBERS, effort, MIN_MEMBERS);
  const messages = scaled(MESSAGES, effort, MIN_MESSAGES);
  const settings = { slowConsumer: policy, maxBufferedBytes: MAX_BUFFERED_BYTES };
  await using server = await Child.start('roomServer', settings, { signal });
  await using members = await Child.start('roomMembers', {}, { signal });
  const port = await server.call('listen');
  await members.call('join', port, count - 1);
  await server.call('filled', count - 1);
  const send = async (): Promise<Deliveries> => {
    await server.call('broadcast', messages, MESSAGE_BYTES, scaled(PAUSE_MILLISECONDS, effort, MIN_PAUSE_MILLISECONDS));
    return members.call('deliveries', messages * (count - 1));
  };
  await send();
  await server.call('slowness');
  const rounds: Round[] = [];
  for (let round = 1; round <= scaled(ROUNDS, effort); round++) {
    progress(`${policy}: one of ${count} never reads, round ${round}`);
    const without = await send();
    const before = await server.call('held');
    await members.call('stall', port);
    await server.call('filled', count);
    await server.call('fillLast');
    const beside = await send();
    const held = (await server.call('held')) - before;
    const slowness = await server.call('slowness');
    await members.call('unstall');
    await server.call('filled', count - 1);
    // How its socket ended, where it was not cut before: a reset, by bytes that it never read.
    await server.call('slowness');
    rounds.push({ without, beside, again: await send(), held, slowness });
  }
  return rowsOf(policy, count, messages, rounds, effort);
}

function rowsOf(policy: Policy, count: number, messages: number, rounds: readonly Round[], effort: Effort): Row[] {
  const sum = (of: (round: Round) => number): number => rounds.reduce((total, round) => total + of(round), 0);
  const most = (of: (round: Round) => number): number => Math.max(...rounds.map(of));
  const cut = rounds.flatMap(({ slowness }) => slowness.cut);
  const ratioOf = (of: 'p50' | 'p99'): number => median(rounds.map(({ beside, without, again }) => (2 * beside[of]) / (without[of] + again[of])));
  const ratio = ratioOf('p99');
  /** Two rounds alike that are as far apart say that the machine is too busy to tell. */
  const scatter = median(rounds.map(({ without, again }) => Math.max(without.p99 / again.p99, again.p99 / without.p99)));
  const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
  const dropped = sum(({ slowness }) => slowness.dropped);
  const isCut = cut.length === rounds.length && cut.every((code) => CUT_CODES.includes(code));
  const misses = cut.length === 0 && rounds.every(({ slowness }) => slowness.dropped > 0);
  const missing = (of: Deliveries): number => of.wrong + messages * (count - 1) - of.received;
  const wrong = sum(({ without, beside, again }) => missing(without) + missing(beside) + missing(again));
  const milliseconds = (of: 'without' | 'beside'): string => (median(rounds.map((round) => round[of].p99)) / 1000).toFixed(1);
  return [
    {
      what: `${policy}: one of ${count} that never reads, ${rounds.length} times: cut off; messages it missed`,
      figure: `${cut.length} (${[...new Set(cut)].join(', ')}); ${dropped}`,
      bound: policy === 'disconnect' ? `${rounds.length} (${CUT_CODES.join(' or ')})` : '0; some each time',
      holds: policy === 'disconnect' ? isCut : misses,
    },
    {
      what: `${policy}: the most that waited in its socket; what the process held more`,
      figure: `${kibibytes(most(({ slowness }) => slowness.mostBuffered))}; ${kibibytes(most(({ held }) => held))}`,
      bound: `≤ ${kibibytes(MAX_WAITING_BYTES)}; ≤ ${kibibytes(MAX_HELD_BYTES)}`,
      holds: most(({ slowness }) => slowness.mostBuffered) <= MAX_WAITING_BYTES && most(({ held }) => held) <= MAX_HELD_BYTES,
    },
    noneOf(`${policy}: messages to the others that were missing or out of order, and members lost`, wrong + most(({ beside }) => beside.lost)),
    {
      what: `${policy}: time from send to listener of the others, with it ÷ without: p50, p99`,
      figure: `${ratioOf('p50').toFixed(2)}, ${ratio.toFixed(2)} (${milliseconds('beside')} ms, ${milliseconds('without')} ms; two rounds alike are apart by ${scatter.toFixed(2)})`,
      bound: `p99 ≤ ${MAX_RATIO}`,
      holds: isLongEnough(effort) && (ratio <= MAX_RATIO || scatter <= MAX_RATIO) ? ratio <= MAX_RATIO : undefined,
    },
  ];
}

async function burst(effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  const count = scaled(MEMBERS, effort, MIN_MEMBERS);
  const messages = scaled(BURST, effort, MIN_BURST);
  await using server = await Child.start('roomServer', {}, { signal });
  await using members = await Child.start('roomMembers', {}, { signal });
  const port = await server.call('listen');
  await members.call('join', port, count);
  await server.call('filled', count);
  progress(`${messages} messages in one turn to ${count}`);
  await server.call('broadcast', messages, BURST_TEXT_BYTES, 0);
  const { received, wrong, lost } = await members.call('deliveries', messages * count);
  const { disconnected, droppedMessages, clients } = await server.call('stats');
  return [
    {
      what: `burst: ${messages} messages in one turn to ${count} members: received, by all`,
      figure: String(received),
      bound: String(messages * count),
      holds: received === messages * count,
    },
    noneOf('burst: messages out of order or dropped, members cut off or lost', wrong + droppedMessages + disconnected + lost + count - clients),
  ];
}

async function run(effort: Effort): Promise<Row[]> {
  return [...(await stalled('disconnect', effort)), ...(await stalled('drop', effort)), ...(await burst(effort))];
}

export const rooms: Scenario = {
  name: 'rooms',
  promises: 'one member of 500 that never reads takes bounded memory and costs the others nothing; a burst of 10 000 cuts off nobody',
  seconds: 130,
  run,
};
