// What does a throttle per address cost? One process a mix of addresses, a million of them, next to the floor.
import type { AddressMix } from '../addresses.js';
import { judge } from '../bar.js';
import { Child } from '../child.js';
import { scaled, type Answer, type Question, type Scale } from '../question.js';
import { inTurn } from '../rounds.js';
import type { ThrottlingCost } from '../roles/throttling-cost.js';
import { pairedRatios, quantile, spreadOf } from '../statistics.js';

const BLOCKS = 10;
const PER_BLOCK = 100_000;
const MIXES: readonly AddressMix[] = ['random IPv6', 'random IPv4', '10 000 clients, IPv4'];
const JUDGED: AddressMix = 'random IPv6';

async function measure(mix: AddressMix, scale: Scale): Promise<ThrottlingCost> {
  await using child = new Child('throttlingCost', { mix, addresses: scaled(PER_BLOCK, scale), blocks: BLOCKS });
  return await child.result;
}

async function answer(scale: Scale, progress: (what: string) => void): Promise<Answer> {
  const contenders = Object.fromEntries(MIXES.map((mix) => [mix, () => measure(mix, scale)]));
  const results = await inTurn(contenders, scale.rounds, progress);
  const medians = (mix: AddressMix, key: 'throttleNanos' | 'floorNanos'): number[] =>
    (results[mix] ?? []).map((cost) => quantile(cost[key], 0.5));
  const rows = MIXES.flatMap((mix) => {
    const [ours, floor] = [medians(mix, 'throttleNanos'), medians(mix, 'floorNanos')];
    const entries = Math.max(...(results[mix] ?? []).map((cost) => cost.entries));
    const ratio = spreadOf(pairedRatios(ours, floor)).median.toFixed(2);
    return [
      { contender: `throttle, ${mix}`, settings: 'as it comes', figure: spreadOf(ours), notes: { '÷ floor': ratio, entries: String(entries) } },
      { contender: `floor, ${mix}`, settings: 'net.isIP, Map get and set, emptied at 65 536', figure: spreadOf(floor) },
    ];
  });
  const bar = { what: `CPU of canAcceptConnection, ${JUDGED}: throttle ÷ net.isIP and a Map's get and set`, atMost: 3 };
  return {
    tables: [{ title: `CPU time to ask about one address, ${BLOCKS * scaled(PER_BLOCK, scale)} of them`, unit: 'ns', rows }],
    verdicts: [judge(bar, medians(JUDGED, 'throttleNanos'), medians(JUDGED, 'floorNanos'))],
  };
}

export const throttle: Question = {
  name: 'throttle',
  asks: 'What does it cost to count a connection by its address, in a table that stays small?',
  answer,
};
