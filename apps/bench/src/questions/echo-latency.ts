// How long does one 100-byte message take there and back? Two processes, one round trip at a time, all ways in turn
// over connections between the same two processes.
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { echoNames, echoWays, type EchoName } from '../echo.js';
import { withVersion } from '../machine.js';
import { scaled, type Answer, type Question, type Scale } from '../question.js';
import type { RoundTrip } from '../roles/echo-client.js';
import { inTurn } from '../rounds.js';
import { spreadOf } from '../statistics.js';

const BYTES = 100;
const BLOCKS = 20;
const ROUND_TRIPS = 500;
const RAW: EchoName = 'net';

async function measure(scale: Scale): Promise<Record<EchoName, RoundTrip>> {
  await using server = new Child('echoServer', {});
  const ports = await server.ready;
  const roundTrips = scaled(ROUND_TRIPS, scale);
  await using client = new Child('echoClient', { ports, bytes: BYTES, blocks: BLOCKS, roundTrips });
  const times = await client.result;
  await server.result;
  return times;
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const { all } = await inTurn({ all: () => measure(scale) }, scale.rounds, progress);
  const rounds = all as Record<EchoName, RoundTrip>[];
  const p50s = (name: EchoName): number[] => rounds.map((round) => round[name].p50);
  const rows = echoNames.map((name) => ({
    contender: name === 'split2' ? withVersion(name, name) : name,
    settings: echoWays[name].settings,
    figure: spreadOf(p50s(name)),
    notes: { 'p99 µs': spreadOf(rounds.map((round) => round[name].p99)).median.toFixed(1) },
  }));
  return {
    tables: [{ title: `Echo of one ${BYTES}-byte message, one at a time: p50 of a round trip`, unit: 'µs', rows }],
    verdicts: [
      judge({ what: 'echo of 100 B, p50: framing-json ≤ 1.05 × net', atMost: 1.05 }, p50s('framing-json'), p50s(RAW)),
    ],
  };
}

export const echoLatency: Question = {
  name: 'echo-latency',
  asks: 'What does framing-json add to the round trip of one small message?',
  answer,
};
