// Bytes that are no messages: to the decoder alone, from a corpus and by random damage, and to a live server, where a good
// client beside them loses nothing.
import { corpus } from '@verb-tcp/testing';
import { codeOf, nameOf, planAttacks } from '../attack.js';
import { Child } from '../child.js';
import { createRandom } from '../random.js';
import type { Found } from '../roles/decoder-fuzz.js';
import { scaled, type Effort, type Row, type Scenario } from '../scenario.js';

const MUTATIONS = 1_000_000;
const AT_ONCE = 250;

async function alone(effort: Effort): Promise<Row[]> {
  await using decoder = await Child.start('decoderFuzz', {}, effort);
  effort.progress('the corpus, cut everywhere');
  const fromCorpus = await decoder.call('corpus');
  const rounds = scaled(MUTATIONS, effort, 10_000);
  effort.progress(`${rounds} mutations`);
  const mutated = await decoder.call('mutate', rounds, effort.seed);
  const lines = corpus.json.length + corpus.jsonTruncated.length + corpus.foreign.length;
  return [
    rowOf(`decoder: ${lines} lines of bad input in ${fromCorpus.tried} ways to cut them: wrong answers`, fromCorpus),
    rowOf(`decoder: ${mutated.tried} mutations, each whole and cut: wrong answers, or different ones`, mutated),
    {
      what: 'decoder: codes among the answers to mutations',
      figure: Object.keys(mutated.codes).sort().join(' ').replaceAll('ERR_FRAME_', ''),
      bound: 'all five that bytes can bring',
      holds: Object.keys(mutated.codes).length === 5,
    },
  ];
}

function rowOf(what: string, { count, faults }: Found): Row {
  return { what, figure: `${count}${count === 0 ? '' : `: ${faults.join('; ')}`}`, bound: '0', holds: count === 0 };
}

async function live(effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  await using server = await Child.start('messageServer', {}, { signal });
  await using steady = await Child.start('steadyClient', {}, { signal });
  await using hostile = await Child.start('hostileClients', {}, { signal });
  const port = await server.call('listen');
  await steady.call('connect', port);
  await steady.call('begin');
  const attacks = planAttacks(Math.min(1, effort.work), createRandom(effort.seed));
  const wrong: string[] = [];
  for (let at = 0; at < attacks.length; at += AT_ONCE) {
    progress(`${at} of ${attacks.length} attacks`);
    const batch = attacks.slice(at, at + AT_ONCE);
    const ports = await hostile.call('attack', port, batch);
    const codes = new Map((await server.call('fates', batch.length)).map((fate) => [fate.port, fate.code]));
    for (const [index, attack] of batch.entries()) {
      const code = codes.get(ports[index]);
      if (code !== codeOf(attack)) wrong.push(`${nameOf(attack)}: ${code ?? 'no end'}`);
    }
  }
  const { sent, wrong: lost } = await steady.call('rest');
  return [
    {
      what: `live server: ${attacks.length} attacks, ${corpus.foreign.length} of them whole openings of foreign protocols: wrong codes`,
      figure: `${wrong.length}${wrong.length === 0 ? '' : `: ${wrong.slice(0, 5).join('; ')}`}`,
      bound: '0',
      holds: wrong.length === 0,
    },
    {
      what: 'live server: echoes of a good client meanwhile: right, wrong or missing',
      figure: `${sent - lost}, ${lost}`,
      bound: 'some, 0',
      holds: sent > 0 && lost === 0,
    },
  ];
}

async function run(effort: Effort): Promise<Row[]> {
  return [...(await alone(effort)), ...(await live(effort))];
}

export const badBytes: Scenario = {
  name: 'bad-bytes',
  promises: 'bad bytes are answered with the right code, never throw, and cost nobody else a byte',
  seconds: 90,
  run,
};
