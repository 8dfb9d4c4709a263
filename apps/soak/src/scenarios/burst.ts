// 2 000 clients that connect in one turn of the event loop: nobody is lost.
import { Child } from '../child.js';
import { scaled, type Effort, type Row, type Scenario } from '../scenario.js';

const CLIENTS = 2000;
const BURSTS = 10;

async function run(effort: Effort): Promise<Row[]> {
  const { signal, progress } = effort;
  const bursts = scaled(BURSTS, effort);
  // Not smaller for a short run: it is the size of the burst that fills a queue.
  await using server = await Child.start('burstServer', {}, { signal });
  await using clients = await Child.start('burstClients', {}, { signal });
  const port = await server.call('listen');
  const served: number[] = [];
  const lost: Record<string, number> = {};
  for (let burst = 1; burst <= bursts; burst++) {
    progress(`burst ${burst} of ${bursts}`);
    const outcome = await clients.call('burst', port, CLIENTS);
    served.push(outcome.served);
    for (const [reason, count] of Object.entries(outcome.lost)) lost[reason] = (lost[reason] ?? 0) + count;
  }
  const { accepted, refused } = await server.call('stats');
  const why = Object.entries(lost).map(([reason, count]) => ` ${reason} ${count}`).join('');
  return [
    {
      what: `${bursts} × ${CLIENTS} connects in one turn: served, the worst burst`,
      figure: `${Math.min(...served)}${why}`,
      bound: String(CLIENTS),
      holds: served.every((count) => count === CLIENTS),
    },
    {
      what: 'accepted + refused, as the server counts',
      figure: `${accepted} + ${refused}`,
      bound: `${bursts * CLIENTS} + 0`,
      holds: accepted === bursts * CLIENTS && refused === 0,
    },
  ];
}

export const burst: Scenario = { name: 'burst', promises: 'a burst of 2 000 connects loses none', seconds: 10, run };
