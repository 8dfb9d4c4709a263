// How a session ends: everything read and closed in peace, a go-away, a bounded close, or the connection lost in one of
// several ways; and what must be true of every stream afterwards.
import type { Side } from './carrier.js';
import { liveEnds } from './operations.js';
import { pick } from './random.js';
import type { Session } from './session.js';
import { nameOf } from './stream-ends.js';

/** Longer than every timeout of the session, in turns. */
const STUCK_TURNS = 1500;
const CLOSE_TIMEOUT = 60_000;

export type Ending = 'peace' | 'goaway' | 'close' | 'reset' | 'end' | 'socket destroyed' | 'multiplexer destroyed';
const endings: readonly Ending[] = ['peace', 'goaway', 'close', 'reset', 'end', 'socket destroyed', 'multiplexer destroyed'];

export function drawEnding(session: Session): Ending {
  return pick(session.random, endings);
}

/** What is done while streams still work; the rest of the operations follows. */
export function beginEnding(session: Session, ending: Ending): void {
  const side = session.random(2) as Side;
  const { mux } = session.sides[side];
  if (ending === 'goaway') {
    session.mayRefuse = true;
    // A minimal peer cannot be told.
    if (session.isMinimal) return;
    session.isLeaving[side] = true;
    mux.goaway();
  } else if (ending === 'close') {
    session.mayRefuse = true;
    session.isLeaving[side] = true;
    closeMux(session, side);
  } else {
    return;
  }
  session.note(`${ending} at ${'AB'[side]}`);
}

/** Brings everything to its end, and checks that it got there. */
export async function settle(session: Session, ending: Ending): Promise<void> {
  const side = session.random(2) as Side;
  if (ending === 'reset' || ending === 'end' || ending === 'socket destroyed' || ending === 'multiplexer destroyed') {
    session.note(`the connection is lost: ${ending} at ${'AB'[side]}`);
    session.drop(ending);
    if (ending === 'socket destroyed') session.carrier.ends[side].destroy();
    else if (ending === 'multiplexer destroyed') session.sides[side].mux.destroy();
    else session.carrier.drop(ending);
  }
  await untilOver(session);
  if (session.faults.length > 0) return;
  checkStreams(session);
  // A second time does no harm.
  for (const one of [side, side === 0 ? 1 : 0] as const) closeMux(session, one);
  await untilClosed(session);
}

function closeMux(session: Session, side: Side): void {
  session.closesOut++;
  session.isLeaving[side] = true;
  session.sides[side].mux.close({ timeout: CLOSE_TIMEOUT }).then(
    () => session.closesOut--,
    (error: Error) => {
      session.closesOut--;
      if (!session.isDropped) session.fault(`close at ${'AB'[side]}: ${nameOf(error)}`);
    },
  );
}

async function untilOver(session: Session): Promise<void> {
  await until(session, 'streams', () => {
    session.carrier.letFlow();
    for (const end of liveEnds(session)) {
      // Not all at once: half-closed ones live a little longer.
      if (session.random(4) > 0) continue;
      if (end.reading !== 'on') end.read('on');
      if (end.canWrite) end.end();
    }
    return [...session.streams.values()].every(({ isOver }) => isOver);
  });
}

async function untilClosed(session: Session): Promise<void> {
  await until(session, 'multiplexers', () => {
    return session.closesOut === 0 && session.pingsOut === 0 && session.sides.every(({ closes }) => closes > 0) && liveEnds(session).length === 0;
  });
  // What comes twice comes late.
  for (let turns = 0; turns < 3; turns++) await session.turn();
  checkCallbacks(session);
  for (const [side, socket] of session.carrier.ends.entries()) {
    if (!socket.destroyed) session.fault(`the socket at ${'AB'[side]} is still open`);
  }
}

async function until(session: Session, what: string, isDone: () => boolean): Promise<void> {
  let seen = progress(session);
  for (let still = 0; !isDone(); still++) {
    await session.turn();
    if (session.faults.length > 0) return;
    const now = progress(session);
    if (now !== seen) still = 0;
    seen = now;
    if (still > STUCK_TURNS) {
      session.fault(`${what} do not come to their end: ${describe(session)}`);
      return;
    }
  }
}

function progress(session: Session): number {
  let sum = 0;
  for (const { lanes, ends } of session.streams.values()) {
    sum += lanes[0].receivedBytes + lanes[1].receivedBytes;
    for (const end of ends) if (end?.isClosed) sum++;
  }
  return sum;
}

function describe(session: Session): string {
  const streams = [...session.streams.values()].filter(({ isOver }) => !isOver);
  const told = streams.slice(0, 3).map(({ name, lanes, ends, opener, history }) => {
    const of = lanes.map(({ receivedBytes, sentBytes, isEnded, isEndSeen }) => `${receivedBytes} of ${sentBytes}${isEnded ? ' ended' : ''}${isEndSeen ? ' seen' : ''}`);
    const states = ends.map((end) => (end === undefined ? 'never came' : end.isClosed ? 'closed' : `open${end.abortedBy ?? ''}`));
    return `${name} of ${'AB'[opener]} (A→B ${of[0]}, B→A ${of[1]}; A ${states[0]}, B ${states[1]}): ${history.join(', ')}`;
  });
  const muxes = session.sides.map(({ closes }) => (closes > 0 ? 'closed' : 'open')).join(' and ');
  const stats = session.sides.map(({ mux }) => JSON.stringify(mux.stats())).join(' ');
  return `${streams.length} streams, ${told.join('; ')}; ${session.pingsOut} pings and ${session.closesOut} closes out; ${muxes}; ${stats}`;
}

function checkStreams(session: Session): void {
  for (const stream of session.streams.values()) {
    const { lanes } = stream;
    for (const { name, waitingBytes, sentBytes, isEndSeen, excuse } of lanes) {
      if (excuse !== undefined) continue;
      if (waitingBytes > 0) session.fault(`${name}: ${waitingBytes} of ${sentBytes} bytes did not arrive`, stream);
      else if (!isEndSeen) session.fault(`${name}: its end did not arrive`, stream);
    }
  }
}

/** The last write may be in what the connection took with it: its callback comes with that. */
function checkCallbacks(session: Session): void {
  for (const stream of session.streams.values()) {
    for (const end of stream.ends) {
      if (end === undefined) continue;
      if (!end.isClosed) session.fault(`${end.name} is still open`, stream);
      if (end.callbacksOwed > 0) session.fault(`${end.name}: ${end.callbacksOwed} writes without a callback`, stream);
    }
  }
}
