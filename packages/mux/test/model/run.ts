// The model's runs: sessions one after the other, each from a seed of its own, until so many operations are done or
// something is wrong. It prints nothing.
import type { Mutant } from './carrier.js';
import type { MakeMux } from './contract.js';
import { beginEnding, drawEnding, settle } from './endings.js';
import { operate } from './operations.js';
import { createRandom, pick } from './random.js';
import { Session, type Combination } from './session.js';
import { VirtualClock } from './virtual-clock.js';

const combinations: readonly Combination[] = ['extended/extended', 'extended/extended', 'extended/minimal', 'minimal/extended'];
const SHORTEST_SESSION = 300;
const LONGEST_SESSION = 2500;
/** Progress that a stream with bytes and a reader must make in so many operations. */
const LIVENESS_OPERATIONS = 1000;
/** Between sockets alone, a stream waits for those that nobody reads until each was given up. */
const MINIMAL_LIVENESS_OPERATIONS = 8000;
const MAX_TURNS = 3;

export interface RunSettings {
  readonly makeMux: MakeMux;
  readonly seed: number;
  /** How many, at least. */
  readonly operations: number;
  /** Absent: by turns. */
  readonly combination?: Combination | undefined;
  /** The initial window of each end; absent: drawn. */
  readonly windowBytes?: number | undefined;
  /** What goes wrong on the way. */
  readonly mutant?: ((session: Session) => Mutant) | undefined;
}

export interface Report {
  operations: number;
  sessions: number;
  streams: number;
  bytes: number;
  frames: number;
  grants: number;
  /** What was wrong in the last session; the seed and the last operations of it are among the lines. */
  faults: string[];
}

export async function runModel(settings: RunSettings): Promise<Report> {
  const report: Report = { operations: 0, sessions: 0, streams: 0, bytes: 0, frames: 0, grants: 0, faults: [] };
  while (report.operations < settings.operations && report.faults.length === 0) {
    const seed = (settings.seed + report.sessions) >>> 0;
    await runSession(settings, seed, report);
  }
  return report;
}

async function runSession({ makeMux, combination, mutant, windowBytes }: RunSettings, seed: number, report: Report): Promise<void> {
  const random = createRandom(seed);
  const clock = new VirtualClock();
  try {
    const session = new Session({ makeMux, combination: combination ?? pick(random, combinations), random, clock, mutant, windowBytes });
    await live(session);
    report.sessions++;
    report.operations += session.operations;
    report.streams += session.streams.size;
    report.frames += session.wire.frames;
    report.grants += session.wire.grants;
    for (const { lanes } of session.streams.values()) report.bytes += lanes[0].receivedBytes + lanes[1].receivedBytes;
    if (session.faults.length === 0) return;
    report.faults = [`FC_SEED=${seed}`, ...session.faults, 'the last operations:', ...session.trace];
    for (const { mux } of session.sides) mux.destroy();
  } finally {
    clock.restore();
  }
}

async function live(session: Session): Promise<void> {
  const { random } = session;
  const length = SHORTEST_SESSION + random(LONGEST_SESSION - SHORTEST_SESSION);
  const ending = drawEnding(session);
  const endingAt = Math.floor(length * 0.9);
  while (session.operations < length && session.faults.length === 0) {
    operate(session);
    if (session.operations === endingAt) beginEnding(session, ending);
    if (random(2) === 0) for (let turns = random(MAX_TURNS); turns >= 0; turns--) await session.turn();
    if (session.operations % 50 === 0) checkLiveness(session);
  }
  if (session.faults.length === 0) await settle(session, ending);
}

function checkLiveness(session: Session): void {
  if (session.isDropped) return;
  const bound = session.isMinimal ? MINIMAL_LIVENESS_OPERATIONS : LIVENESS_OPERATIONS;
  let waiting = 0;
  let movedAt = 0;
  for (const { lanes, ends } of session.streams.values()) {
    for (const [side, lane] of lanes.entries()) {
      movedAt = Math.max(movedAt, lane.movedAt);
      const [writer, reader] = side === 0 ? ends : [ends[1], ends[0]];
      if (lane.excuse !== undefined || lane.waitingBytes === 0 || writer === undefined || reader?.reading !== 'on') continue;
      waiting++;
      if (session.operations - lane.movedAt > bound) session.fault(`${lane.name}: ${lane.waitingBytes} bytes wait since ${lane.movedAt}, and are read`);
    }
  }
  if (waiting > 0 && session.operations - movedAt > LIVENESS_OPERATIONS) session.fault(`nothing has moved since ${movedAt}, and ${waiting} are read`);
}
