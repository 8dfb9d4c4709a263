// Three things that go wrong on the way, once each, where they do harm. A checker that does not notice them notices
// nothing.
import type { Mutant, Side } from './carrier.js';
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
    const exhausted = new Set<string>();
    let isDone = false;
    return {
      frame({ id, bytes, message }, from) {
        if (message === undefined && session.wire.credit(id, from) === 0) exhausted.add(`${from} ${id}`);
        if (message?.type !== 'window') return [bytes];
        const sender: Side = from === 0 ? 1 : 0;
        const isLast = message.w.some(([of]) => exhausted.has(`${sender} ${of}`) && session.wire.unread(of, sender) < session.initialWindowBytes / 2);
        for (const [of] of message.w) exhausted.delete(`${sender} ${of}`);
        if (!isLast || isDone) return [bytes];
        isDone = true;
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
    let held: Buffer | undefined;
    return {
      frame({ bytes, message }, from) {
        if (from === 1) return [bytes];
        if (message?.type === 'hello') {
          held = bytes;
          return [];
        }
        if (message?.type !== 'stream_close' || held === undefined) return [bytes];
        const both = [bytes, held];
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
