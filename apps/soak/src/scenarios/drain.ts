// A drain that finds 1 000 connections in each of nine states, without TLS and with it: what was written before it reaches
// every peer that reads, it is over by the deadline and 100 ms, and its report adds up.
//
// Time is measured in the server's process, which is the one that promises; what the machine kept that process from running
// behind the deadline is left out.
import { makeCertificate, type Certificate } from '../certificate.js';
import { Child } from '../child.js';
import { drainStates, leavesUnread, payloadOf, staysTillForced, type DrainState } from '../drain-states.js';
import type { Reception } from '../roles/drain-clients.js';
import type { DrainOutcome } from '../roles/drain-server.js';
import { noneOf, scaled, type Effort, type Row, type Scenario } from '../scenario.js';

const CONNECTIONS = 1000;
/** There are fewer of those for whom more is written: the system holds 4 MiB for each. */
const LARGE = 1024 * 1024;
const FEWER = 20;
const LATE_MILLISECONDS = 100;
/** Long for those who all end by themselves: they decide when it is over. */
const PATIENT_MILLISECONDS = 30_000;
/** For those who never do. */
const SHORT_MILLISECONDS = 1000;

interface Trial {
  state: DrainState;
  count: number;
  gracePeriod: number;
  outcome: DrainOutcome;
  reception: Reception;
}

interface Ends {
  server: Child<'drainServer'>;
  clients: Child<'drainClients'>;
}

async function tryState(state: DrainState, count: number, certificate: Certificate | undefined, ends: Ends): Promise<Trial> {
  const { server, clients } = ends;
  const gracePeriod = staysTillForced(state) ? SHORT_MILLISECONDS : PATIENT_MILLISECONDS;
  const port = await server.call('listen', { state, count, gracePeriod, certificate });
  const connecting = clients.call('connect', port, { state, count, ca: certificate?.cert });
  // The one state in which the drain begins while they come.
  if (state !== 'connecting') await connecting;
  const drained = server.call('drain');
  if (leavesUnread(state) && !staysTillForced(state)) await clients.call('relent');
  const outcome = await drained;
  await connecting;
  if (staysTillForced(state)) await clients.call('relent');
  return { state, count, gracePeriod, outcome, reception: await clients.call('reception') };
}

/** What is not as it was promised, in words. */
function faultsOf({ state, count, gracePeriod, outcome, reception }: Trial): string[] {
  const { report, open, accepted, refusedByCode, written, messages, heldUp, used } = outcome;
  const { drained, forced, unflushedBytes, duration } = report;
  const { whole, partial, none, wrong, bytes } = reception;
  const faults: string[] = [];
  const expect = (holds: boolean, fault: string): void => void (holds || faults.push(fault));
  expect(drained + forced === open, `drained + forced is not ${open}`);
  expect(duration <= gracePeriod + LATE_MILLISECONDS + heldUp, `behind the deadline ${used.toFixed(0)} ms of CPU, held up ${heldUp.toFixed(0)} ms`);
  expect(wrong === 0, `${wrong} got wrong bytes`);
  if (state === 'in handshake') {
    expect(open === 0 && accepted === 0 && none === count, 'somebody got in');
    expect(refusedByCode['ERR_TCP_DRAINING'] === count, `refused: ${JSON.stringify(refusedByCode)}`);
  } else if (state === 'connecting') {
    expect(accepted < count, 'nobody came during the drain');
    expect(forced === 0 && whole === accepted && none === count - accepted, `${whole} of ${accepted} have all, ${partial} some`);
  } else if (state === 'peer not reading' || state === 'peer far behind') {
    expect(forced === count, `${drained} ended by themselves`);
    if (state === 'peer far behind') expect(whole === 0 && unflushedBytes > 0, 'nothing was unflushed');
    expect(bytes + unflushedBytes >= written, `${written - bytes - unflushedBytes} B lost beyond unflushedBytes`);
  } else {
    expect((state === 'peer half-open' ? forced : drained) === count, `${drained} drained, ${forced} forced`);
    expect(whole === count && unflushedBytes === 0, `${whole} of ${count} have all, ${partial} some`);
    if (state === 'mid-message') expect(messages === count, `${messages} messages were finished`);
  }
  return faults;
}

function rowOf(trial: Trial, transport: string): Row {
  const { state, count, gracePeriod, outcome, reception } = trial;
  const { report, open } = outcome;
  const faults = faultsOf(trial);
  const deadline = staysTillForced(state) ? `, deadline ${gracePeriod}` : '';
  const got = `${reception.whole} got all${report.unflushedBytes > 0 ? `, ${mebibytes(reception.bytes)} came, ${mebibytes(report.unflushedBytes)} unflushed` : ''}`;
  const written = count * payloadOf(state).length;
  const size = written > count * 1024 ? ` (${mebibytes(written)})` : '';
  const entered = open === count ? '' : ` of ${count}`;
  const figure = `${report.drained} + ${report.forced} = ${open}${entered}, ${report.duration.toFixed(0)} ms${deadline}; ${got}`;
  return {
    what: `${count} ${state}, ${transport}${size}`,
    figure: [figure, ...faults].join('; '),
    bound: BOUNDS[state],
    holds: faults.length === 0,
  };
}

const BOUNDS: Record<DrainState, string> = {
  'idle': 'all drained, all got all',
  'mid-message': 'all drained, each message finished and answered',
  '1 MiB queued': 'all drained, all got all',
  '16 MiB queued': 'all drained, all got all',
  'peer not reading': 'all forced ≤ deadline + 100 ms, no more lost than unflushed',
  'peer far behind': 'all forced ≤ deadline + 100 ms, no more lost than unflushed',
  'peer half-open': 'all forced ≤ deadline + 100 ms, all got all',
  'in handshake': 'all refused at once',
  'connecting': 'who came in got all, the others nothing; nobody hangs',
};

async function run(effort: Effort): Promise<Row[]> {
  const count = scaled(CONNECTIONS, effort, 25);
  const certificate = await makeCertificate();
  await using server = await Child.start('drainServer', {}, effort);
  await using clients = await Child.start('drainClients', {}, effort);
  const rows: Row[] = [];
  const leaked: string[] = [];
  for (const [transport, trusted] of [['TCP', undefined], ['TLS', certificate]] as const) {
    for (const state of drainStates) {
      const connections = payloadOf(state).length > LARGE ? Math.ceil(count / FEWER) : count;
      effort.progress(`${connections} ${state}, ${transport}`);
      const trial = await tryState(state, connections, trusted, { server, clients });
      leaked.push(...trial.outcome.leaked.map((handle) => `${state}: ${handle}`));
      rows.push(rowOf(trial, transport));
    }
  }
  return [...rows, noneOf('handles left in the servers', leaked)];
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
}

export const drain: Scenario = {
  name: 'drain',
  promises: 'a drain loses no byte for a peer that reads, and is over by its deadline, whatever state it finds connections in',
  seconds: 75,
  run,
};
