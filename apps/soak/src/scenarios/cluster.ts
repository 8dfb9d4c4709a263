// A node:cluster of two whose workers are both full, while more clients keep knocking. Node's own `maxConnections` makes
// the primary hand such a client round and round, at half a core; core takes it and refuses.
import { Child } from '../child.js';
import { scaled, type Effort, type Row, type Scenario } from '../scenario.js';

const WORKERS = 2;
const PLACES = 100;
const KNOCKING = 20;
const PAUSE_MILLISECONDS = 500;
const MILLISECONDS = 15_000;
const MAX_CPU_SHARE = 0.05;

/** Until both workers are full: the cluster deals connections out in turn, whether a worker has room or not. */
async function fill(primary: Child<'clusterPrimary'>, clients: Child<'knockingClients'>, port: number): Promise<number> {
  let turnedAway = 0;
  for (;;) {
    const open = (await primary.call('stats')).reduce((sum, stats) => sum + stats.open, 0);
    if (open === WORKERS * PLACES) return turnedAway;
    turnedAway += (await clients.call('knock', port, WORKERS * PLACES - open)).turnedAway;
  }
}

async function run(effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  const milliseconds = scaled(MILLISECONDS, effort, 1000);
  await using primary = await Child.start('clusterPrimary', { workers: WORKERS, maxConnections: PLACES }, { signal });
  await using clients = await Child.start('knockingClients', {}, { signal });
  const port = await primary.call('listen');
  progress(`${WORKERS} workers are filled`);
  const before = await fill(primary, clients, port);
  progress(`${KNOCKING} more clients keep knocking`);
  const [usedBefore, begunAt] = [await primary.call('cpu'), performance.now()];
  const knocks = await clients.call('keepKnocking', port, KNOCKING, PAUSE_MILLISECONDS, milliseconds);
  const used = (await primary.call('cpu')) - usedBefore;
  const share = used / 1000 / (performance.now() - begunAt);
  const answered = await clients.call('ask');
  const refused = (await primary.call('stats')).reduce((sum, stats) => sum + (stats.refusedByCode['ERR_TCP_CONNECTION_LIMIT'] ?? 0), 0);
  await primary.call('close');
  return [
    {
      what: `CPU of the primary, ${KNOCKING} clients knocking ${1000 / PAUSE_MILLISECONDS} times a second, ${(milliseconds / 1000).toFixed(0)} s`,
      figure: `${(share * 100).toFixed(1)} %, ${(used / knocks.turnedAway).toFixed(0)} µs a knock`,
      bound: `< ${MAX_CPU_SHARE * 100} %`,
      holds: share < MAX_CPU_SHARE,
    },
    {
      what: 'knocks that were refused: as clients saw, as workers counted',
      figure: `${before + knocks.turnedAway}, ${refused}`,
      bound: 'the same, above 0',
      holds: before + knocks.turnedAway === refused && knocks.turnedAway > 0,
    },
    {
      what: 'knocks that were let in, or never answered',
      figure: `${knocks.served}, ${knocks.unanswered}`,
      bound: '0, 0',
      holds: knocks.served === 0 && knocks.unanswered === 0,
    },
    {
      what: 'clients inside who are still served',
      figure: String(answered),
      bound: String(WORKERS * PLACES),
      holds: answered === WORKERS * PLACES,
    },
  ];
}

export const cluster: Scenario = {
  name: 'cluster',
  promises: 'two workers that are full leave the primary of their cluster alone, and refuse visibly',
  seconds: 25,
  run,
};
