// What does it cost to take a connection and see it close? One process for each server, all alive at once, and one for
// the clients, which visits them in turn.
import { acceptorNames, acceptors, type AcceptorName } from '../acceptors.js';
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { scaled, type Answer, type Question, type Scale } from '../question.js';
import { inTurn } from '../rounds.js';
import { pairedRatios, spreadOf } from '../statistics.js';

const WARMUP = 2000;
const BLOCKS = 20;
const PER_BLOCK = 500;
const AT_ONCE = 64;
const RAW: AcceptorName = 'net';

type Micros = Record<AcceptorName, number>;

async function measure(scale: Scale): Promise<Micros> {
  const warmup = scaled(WARMUP, scale);
  const perBlock = scaled(PER_BLOCK, scale);
  const connections = BLOCKS * perBlock;
  const servers = acceptorNames.map((acceptor) => new Child('acceptingServer', { acceptor, warmup, connections }));
  try {
    const ports = await Promise.all(servers.map(({ ready }) => ready));
    await using clients = new Child('comingAndGoing', { ports, warmup, blocks: BLOCKS, perBlock, atOnce: AT_ONCE });
    const [made, ...taken] = await Promise.all([clients.result, ...servers.map(({ result }) => result)]);
    const entries = taken.map((one, index) => {
      const name = acceptorNames[index] as AcceptorName;
      if (one.connections !== made.connections) {
        throw new Error(`${name}: ${made.connections} connections were made and ${one.connections} accepted`);
      }
      return [name, one.cpuMicros / one.connections] as const;
    });
    return Object.fromEntries(entries) as Micros;
  } finally {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  }
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const { all } = await inTurn({ all: () => measure(scale) }, scale.rounds, progress);
  const rounds = all as Micros[];
  const micros = (name: AcceptorName): number[] => rounds.map((round) => round[name]);
  const rows = acceptorNames.map((name) => ({
    contender: name,
    settings: acceptors[name].settings,
    figure: spreadOf(micros(name)),
    notes: { '÷ net': spreadOf(pairedRatios(micros(name), micros(RAW))).median.toFixed(2) },
  }));
  const title = `CPU time of the server to accept a connection, resume() it and see it close: the client ends first, ${AT_ONCE} at a time`;
  return {
    tables: [{ title, unit: 'µs', rows }],
    verdicts: [judge({ what: 'CPU of accept + close: core ÷ net', atMost: 1.1 }, micros('core'), micros(RAW))],
  };
}

export const acceptClose: Question = {
  name: 'accept-close',
  asks: 'What does core add to the cost of accepting a connection and seeing it close?',
  answer,
};
