// What does it cost a server to send one message to many, alone in its turn and among ten, and what do memberships weigh?
import { judge } from '../bar.js';
import { broadcasterNames, broadcasters, type BroadcasterName } from '../broadcasters.js';
import { Child } from '../child.js';
import { withVersion } from '../machine.js';
import { scaled, type Answer, type Question, type Scale, type Table } from '../question.js';
import { inTurn } from '../rounds.js';
import { pairedRatios, spreadOf } from '../statistics.js';

const MEMBERS = 500;
const BYTES = 180;
const WARMUP = 20;
const TURNS = { 1: 200, 10: 40 } as const;
/** Fewer weigh no more than the noise of a heap. */
const MIN_CLIENTS = 200;
/** For each join and leave; a membership that stayed would be ten times that. */
const MAX_LEFT_BEHIND_BYTES = 4;
const MEMBERSHIPS = { clients: 1000, roomsPerClient: 100, rounds: 10 };

type PerTurn = keyof typeof TURNS;

interface Cost {
  micros: number;
  perSecond: number;
}

async function measure(broadcaster: BroadcasterName, perTurn: PerTurn, scale: Scale): Promise<Cost> {
  const members = scaled(MEMBERS, scale, 10);
  const counts = { warmup: scaled(WARMUP, scale), turns: scaled(TURNS[perTurn], scale, 10) };
  await using server = new Child('roomServer', { broadcaster, members, bytes: BYTES, perTurn, ...counts });
  const { port } = await server.ready;
  await using clients = new Child('roomMembers', { port, members, greeting: broadcasters[broadcaster].greeting });
  const [sent, received] = await Promise.all([server.result, clients.result]);
  if (sent.bytesWritten !== received.bytesRead || sent.bytesWritten < sent.deliveries * BYTES) {
    throw new Error(`${broadcaster}: ${sent.bytesWritten} bytes were written for ${sent.deliveries} messages, ${received.bytesRead} read`);
  }
  return { micros: sent.cpuMicros / sent.deliveries, perSecond: (sent.deliveries / sent.elapsedMs) * 1000 };
}

function tableOf(perTurn: PerTurn, costs: Record<string, Cost[]>): Table {
  const micros = (name: BroadcasterName): number[] => (costs[name] as Cost[]).map((cost) => cost.micros);
  return {
    title: `CPU time of the server for each delivery: ${MEMBERS} members, JSON of ${BYTES} bytes, ${perTurn} a turn; raw clients in another process`,
    unit: 'µs',
    rows: broadcasterNames.map((name) => ({
      contender: withVersion(name, (broadcasters[name] as { package?: string }).package),
      settings: broadcasters[name].settings,
      figure: spreadOf(micros(name)),
      notes: {
        '÷ bare loop': spreadOf(pairedRatios(micros(name), micros('bare loop'))).median.toFixed(2),
        'deliveries/s': Math.round(spreadOf((costs[name] as Cost[]).map((cost) => cost.perSecond)).median / 1000) + 'k',
      },
    })),
  };
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const costs = async (perTurn: PerTurn): Promise<Record<string, Cost[]>> => {
    const contenders = broadcasterNames.map((name) => [name, () => measure(name, perTurn, scale)] as const);
    return inTurn(Object.fromEntries(contenders), scale.rounds, (what) => progress(`${perTurn} a turn: ${what}`));
  };
  const [one, ten] = [await costs(1), await costs(10)];
  progress('memberships');
  await using child = new Child('memberships', { ...MEMBERSHIPS, clients: scaled(MEMBERSHIPS.clients, scale, MIN_CLIENTS) });
  const { perClient, perMembership, perRoom, leftBehind, microsPerJoinAndLeave } = await child.result;
  if (leftBehind > MAX_LEFT_BEHIND_BYTES) throw new Error(`${leftBehind} bytes are left of each join and leave`);
  const none = { 'left of a join and leave': '', 'CPU µs of both': '' };
  const weights: Table = {
    title: 'Heap that a membership takes, and a join with its leave, a million of them in a hundred thousand rooms at a time',
    unit: 'bytes',
    rows: [
      { contender: 'membership', settings: 'of a room that is there', figure: spreadOf([perMembership]), notes: none },
      {
        contender: 'room',
        settings: 'with its one member',
        figure: spreadOf([perRoom]),
        notes: { 'left of a join and leave': leftBehind.toFixed(1), 'CPU µs of both': microsPerJoinAndLeave.toFixed(2) },
      },
      { contender: 'client', settings: 'without its socket', figure: spreadOf([perClient]), notes: none },
    ],
  };
  const micros = (of: Record<string, Cost[]>, name: BroadcasterName): number[] => (of[name] as Cost[]).map((cost) => cost.micros);
  return {
    tables: [tableOf(1, one), tableOf(10, ten), weights],
    verdicts: [
      judge({ what: 'one a turn: CPU of rooms ÷ bare loop', atMost: 1.1 }, micros(one, 'rooms'), micros(one, 'bare loop')),
      judge({ what: 'one a turn: CPU of rooms ÷ socket.io', atMost: 0.7 }, micros(one, 'rooms'), micros(one, 'socket.io')),
      judge({ what: 'ten a turn: deliveries a CPU second, rooms ÷ bare loop', atLeast: 5 }, micros(ten, 'bare loop'), micros(ten, 'rooms')),
    ],
  };
}

export const rooms: Question = {
  name: 'rooms',
  asks: 'What does a message to 500 members cost, one and ten a turn, and what does a membership weigh?',
  answer,
};
