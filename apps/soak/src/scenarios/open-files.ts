// A server that may open 256 files: it refuses in time and says so, and serves again as soon as there is room. What other
// open files of the process do to it stays invisible in Node; that it comes back from it is not.
import { Child } from '../child.js';
import { scaled, type Effort, type Row, type Scenario } from '../scenario.js';

const OPEN_FILES = 256;
/** 256 less what core leaves free for files and outgoing connections. */
const ROOM = 224;
const ROUNDS = 10;
const KNOCKS = 400;
const LEAVING = 100;

interface Tally {
  served: number[];
  turnedAway: number;
  servedAfterwards: number[];
}

async function run(effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  const rounds = scaled(ROUNDS, effort);
  await using server = await Child.start('limitedServer', {}, { signal, openFiles: OPEN_FILES });
  await using clients = await Child.start('knockingClients', {}, { signal });
  const port = await server.call('listen');
  const tally: Tally = { served: [], turnedAway: 0, servedAfterwards: [] };
  for (let round = 1; round <= rounds; round++) {
    progress(`${KNOCKS} clients for ${ROOM} places, ${round} of ${rounds}`);
    const knocks = await clients.call('knock', port, KNOCKS);
    tally.served.push(knocks.served);
    tally.turnedAway += knocks.turnedAway;
    await clients.call('leave', LEAVING);
    await settled(server, ROOM - LEAVING);
    const afterwards = await clients.call('knock', port, LEAVING);
    tally.servedAfterwards.push(afterwards.served);
    tally.turnedAway += afterwards.turnedAway;
    await clients.call('leave', ROOM);
    await settled(server, 0);
  }
  const { refusedByCode, maxConnections } = await server.call('stats');
  const seen = await server.call('refusalsSeen');
  progress('other files use up the limit');
  const files = await server.call('exhaust');
  await clients.call('knock', port, LEAVING);
  await server.call('relent');
  await clients.call('leave', LEAVING);
  await settled(server, 0);
  const { served } = await clients.call('knock', port, LEAVING);
  const counted = refusedByCode['ERR_TCP_CONNECTION_LIMIT'] ?? 0;
  const told = seen['ERR_TCP_CONNECTION_LIMIT'] ?? 0;
  return [
    ...rowsOf(tally, maxConnections),
    {
      what: 'refusals: clients turned away, counted, told to onRefuse',
      figure: `${tally.turnedAway}, ${counted}, ${told}`,
      bound: `${rounds * (KNOCKS - ROOM)} each`,
      holds: [tally.turnedAway, counted, told].every((count) => count === rounds * (KNOCKS - ROOM)),
    },
    {
      what: `served after ${files} other files had used up the limit and were closed`,
      figure: String(served),
      bound: String(LEAVING),
      holds: files > 0 && served === LEAVING,
    },
  ];
}

function rowsOf({ served, servedAfterwards }: Tally, maxConnections: number): Row[] {
  return [
    {
      what: `served of ${KNOCKS} clients under ulimit -Hn ${OPEN_FILES}, lowest and highest of ${served.length} rounds`,
      figure: `${Math.min(...served)}, ${Math.max(...served)} (maxConnections ${maxConnections})`,
      bound: `${ROOM} each`,
      holds: served.every((count) => count === ROOM),
    },
    {
      what: `served after ${LEAVING} have left, the worst round`,
      figure: String(Math.min(...servedAfterwards)),
      bound: String(LEAVING),
      holds: servedAfterwards.every((count) => count === LEAVING),
    },
  ];
}

/** Clients have gone when their own side has closed; the server hears of it a little later. */
async function settled(server: Child<'limitedServer'>, open: number): Promise<void> {
  while ((await server.call('stats')).open !== open);
}

export const openFiles: Scenario = {
  name: 'open-files',
  promises: 'a server under ulimit -Hn 256 refuses visibly and recovers',
  seconds: 10,
  run,
};
