// What the two users do, at random: each with a weight, and doing nothing where there is nothing to do it to.
import type { Side } from './carrier.js';
import { nameOf, type StreamEnd } from './stream-ends.js';
import { pick, type Random } from './random.js';
import type { Session } from './session.js';

const KIB = 1024;
const MAX_LIVE = 12;
const MAX_SMALL_BYTES = 200;
const MAX_LARGE_BYTES = 160 * KIB;
const MAX_BURST = 40;

interface Operation {
  readonly name: string;
  readonly weight: number;
  run(session: Session, random: Random): string | undefined;
}

/** The ends that somebody still has. */
export function liveEnds(session: Session): StreamEnd[] {
  const live: StreamEnd[] = [];
  for (const { ends } of session.streams.values()) for (const end of ends) if (end?.isClosed === false) live.push(end);
  return live;
}

function onLive(name: string, weight: number, run: (end: StreamEnd, session: Session) => string | undefined): Operation {
  return {
    name,
    weight,
    run(session, random) {
      const live = liveEnds(session);
      if (live.length === 0) return undefined;
      const end = pick(random, live);
      const done = run(end, session);
      if (done === undefined) return undefined;
      end.of.history.push(`${session.operations} ${name} at ${'AB'[end.side]}${done}`);
      return `${end.name}${done}`;
    },
  };
}

function write(end: StreamEnd, session: Session, length: number): boolean {
  if (!end.canWrite || end.outbound.waitingBytes + length > session.maxWaitingBytes) return false;
  end.write(session.bytes(length));
  return true;
}

function open(session: Session, side: Side): StreamEnd | undefined {
  const { random } = session;
  const metadata = random(2) === 0 ? undefined : { n: random(1000), text: 'é"\\'.repeat(random(20)), list: [null, true, { deep: [] }] };
  return session.open(side, metadata, random(2) === 0 ? {} : { allowHalfOpen: random(2) === 0 });
}

/** Without roles the first to open is the client: the other one waits until it has been asked. */
function sideThatOpens(session: Session, random: Random): Side | undefined {
  if (liveEnds(session).length >= 2 * MAX_LIVE) return undefined;
  if (session.hasRoles) return random(2) as Side;
  const isKnown = [...session.streams.values()].some(({ ends }) => ends[1] !== undefined);
  return isKnown ? (random(2) as Side) : 0;
}

export const operations: readonly Operation[] = [
  {
    name: 'open',
    weight: 8,
    run(session, random) {
      const side = sideThatOpens(session, random);
      const end = side === undefined ? undefined : open(session, side);
      if (end !== undefined && random(2) === 0) write(end, session, 1 + random(random(2) === 0 ? MAX_SMALL_BYTES : MAX_LARGE_BYTES));
      return end?.name;
    },
  },
  {
    name: 'open, write and end in one turn',
    weight: 4,
    run(session, random) {
      const side = sideThatOpens(session, random);
      const end = side === undefined ? undefined : open(session, side);
      if (end === undefined) return undefined;
      write(end, session, 1 + random(MAX_SMALL_BYTES));
      end.end();
      return end.name;
    },
  },
  onLive('write', 30, (end, session) => {
    const length = session.random(MAX_SMALL_BYTES);
    return write(end, session, length) ? ` ${length}` : undefined;
  }),
  onLive('write much', 12, (end, session) => {
    const length = 1 + session.random(MAX_LARGE_BYTES);
    return write(end, session, length) ? ` ${length}` : undefined;
  }),
  onLive('write a burst', 4, (end, session) => {
    const count = 1 + session.random(MAX_BURST);
    let written = 0;
    while (written < count && write(end, session, 1 + session.random(MAX_SMALL_BYTES))) written++;
    return written === 0 ? undefined : ` ${written} times`;
  }),
  onLive('read on', 14, (end) => {
    if (end.reading === 'on' || end.isIgnored) return undefined;
    end.read('on');
    return '';
  }),
  onLive('stop reading', 6, (end) => {
    end.read('off');
    return '';
  }),
  onLive('read some', 10, (end, session) => {
    if (end.reading === 'on' || end.isIgnored) return undefined;
    end.read('once', session.random(8 * KIB));
    return '';
  }),
  onLive('end', 5, (end) => {
    if (!end.canWrite) return undefined;
    end.end();
    return '';
  }),
  onLive('close', 1, (end, session) => {
    if (session.isGentle) return undefined;
    end.abort('close');
    return '';
  }),
  onLive('reset', 1, (end, session) => {
    if (session.isGentle) return undefined;
    end.abort('reset');
    return '';
  }),
  onLive('destroy', 1, (end, session) => {
    if (session.isGentle) return undefined;
    end.abort('destroy', session.random(2) === 0 ? undefined : new Error('the user gave up'));
    return '';
  }),
  {
    name: 'ping',
    weight: 2,
    run(session, random) {
      ping(session, random(2) as Side);
      return '';
    },
  },
  {
    name: 'shake the carrier',
    weight: 10,
    run(session) {
      session.carrier.shake();
      return '';
    },
  },
];

function ping(session: Session, side: Side): void {
  session.pingsOut++;
  const settled = (text: string | undefined): void => {
    session.pingsOut--;
    if (text !== undefined && !session.isDropped) session.fault(`ping at ${'AB'[side]}: ${text}`);
  };
  session.sides[side].mux.ping().then(
    (roundTrip) => settled(roundTrip >= 0 && !session.isMinimal ? undefined : `a round trip of ${roundTrip}`),
    (error: Error & { code?: string }) => {
      const isLate = error.code === 'ERR_MUX_SESSION_CLOSED' && session.isLeaving.includes(true);
      settled(isLate || error.code === 'ERR_MUX_UNSUPPORTED' ? undefined : nameOf(error));
    },
  );
}

const table: readonly Operation[] = operations.flatMap((one) => Array.from({ length: one.weight }, () => one));

/** One of them; those that found nothing to do are none. */
export function operate(session: Session): void {
  for (let tries = 0; tries < 20; tries++) {
    const { name, run } = pick(session.random, table);
    const done = run(session, session.random);
    if (done === undefined) continue;
    session.note(`${name} ${done}`);
    break;
  }
  session.operations++;
}
