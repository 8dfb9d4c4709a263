// Each way in which a connection ends, many times: of every single one it is told once that it came and once that it went,
// for the right reason, and its slot comes back. Clients come in waves of exactly as many as the server takes.
import { makeCertificate } from '../certificate.js';
import { Child } from '../child.js';
import { ends, type End } from '../ends.js';
import { scaled, type Effort, type Row, type Scenario } from '../scenario.js';

const WAVES = 10;
const AT_ONCE = 250;

interface Both {
  server: Child<'endingServer'>;
  clients: Child<'endingClients'>;
}

async function tryEnd(end: End, { server, clients }: Both, effort: Effort): Promise<Row> {
  const atOnce = Math.min(end.atOnce ?? AT_ONCE, scaled(AT_ONCE, effort, 20));
  const waves = scaled(WAVES, effort, 2);
  const port = await server.call('listen', end.name, atOnce);
  let isSettled = true;
  for (let wave = 1; wave <= waves && isSettled; wave++) {
    const coming = clients.call('come', end.name, port, atOnce);
    isSettled = await server.call(end.allAtOnce === undefined ? 'settle' : 'endAll', atOnce);
    // Whoever reads nothing does not notice that it was ended, and leaves by itself.
    await Promise.all([coming, clients.call('leave')]);
  }
  const { connections, count, differences, slots } = await server.call('ledger');
  const wanted = waves * atOnce;
  const told = count === 0 ? '' : `: ${differences.join('; ')}`;
  return {
    what: `${end.name}, ${wanted} connections: differences, slots not returned`,
    figure: `${count}, ${slots}${told}`,
    bound: '0, 0',
    holds: count === 0 && slots === 0 && connections === wanted,
  };
}

async function run(effort: Effort): Promise<Row[]> {
  const certificate = await makeCertificate();
  await using server = await Child.start('endingServer', { certificate }, effort);
  await using clients = await Child.start('endingClients', { ca: certificate.cert, seed: effort.seed }, effort);
  const rows: Row[] = [];
  for (const end of ends) {
    effort.progress(end.name);
    rows.push(await tryEnd(end, { server, clients }, effort));
  }
  return rows;
}

export const exactlyOnce: Scenario = {
  name: 'exactly-once',
  promises: 'of each connection it is told once that it came and once that it went, whatever ends it, and its slot comes back',
  seconds: 55,
  run,
};
