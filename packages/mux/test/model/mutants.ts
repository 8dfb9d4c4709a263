// Three things that go wrong on the way, once each, where they do harm. A checker that does not notice them notices
// nothing.
import type { Mutant, Side } from './carrier.js';
import type { Frame } from './frames.js';
import type { Session } from './session.js';

export interface MutantKind {
  readonly name: string;
  /** The mutant of one session. `struck` is called when it has done its harm. */
  make(session: Session, struck: () => void): Mutant;
}

const PIECES_BEFORE = 40;

function once(session: Session, name: string, struck: () => void): () => void {
  return () => {
    session.note(`MUTANT ${name}`);
    struck();
  };
}

/**
 * A grant does not arrive for which the sender waits. Later ones would make up for it, so it is one after which none comes:
 * the reader has less left than a grant takes.
 */
const grantDropped: MutantKind = {
  name: 'a grant dropped',
  make(session, struck) {
    const strike = once(session, grantDropped.name, struck);
    let isDone = false;
    return {
      frame(frame, from) {
        const { message } = frame;
        if (message?.type !== 'window' || isDone) return [frame];
        const sender: Side = from === 0 ? 1 : 0;
        const { wire, initialWindowBytes } = session;
        isDone = message.w.some(([id]) => wire.credit(id, sender) === 0 && wire.unread(id, sender) < initialWindowBytes / 2);
        if (!isDone) return [frame];
        strike();
        return [];
      },
    };
  },
};

/** The opener's `hello` arrives behind its first `stream_close`. */
const helloSwapped: MutantKind = {
  name: 'hello and stream_close swapped',
  make(session, struck) {
    const strike = once(session, helloSwapped.name, struck);
    let held: Frame | undefined;
    return {
      frame(frame, from) {
        const type = frame.message?.type;
        if (from === 0 && type === 'hello') {
          held = frame;
          return [];
        }
        if (from === 1 || type !== 'stream_close' || held === undefined) return [frame];
        const both = [frame, held];
        held = undefined;
        strike();
        return both;
      },
    };
  },
};

/** A part of what was cut off a frame is lost. */
const cutLost: MutantKind = {
  name: 'a frame cut lost',
  make(session, struck) {
    const strike = once(session, cutLost.name, struck);
    let pieces = 0;
    let isDone = false;
    return {
      piece(piece) {
        if (isDone || ++pieces < PIECES_BEFORE || piece.length < 2) return piece;
        isDone = true;
        strike();
        return piece.subarray(1 + session.random(piece.length - 1));
      },
    };
  },
};

export const mutants: readonly MutantKind[] = [grantDropped, helloSwapped, cutLost];
