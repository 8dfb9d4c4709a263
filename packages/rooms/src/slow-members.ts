// Who is slow. Asked before a member that has bytes waiting gets more, and by a sweep for those whose bytes stand still.
// It only judges: it writes nothing, cuts nobody, and looks at sockets that are keeping up not at all.
import type { TCPSocket } from '@verb-tcp/socket';
import type { LimitMark, Mark, Member } from './member.js';

/** Between a mark and the look at it the loop must have polled once in full, or no byte had a chance to leave. */
const TURNS_BETWEEN_LOOKS = 2;
/** Bytes leave with the peer's acknowledgements, so nothing leaves for a round trip. Until then only as much again is queued. */
const GRACE = 500;
/** A stall is noticed at most two of these parts of `stallTimeout` late. */
const SWEEPS_PER_STALL = 8;
const MIN_INTERVAL = 5;
const MAX_INTERVAL = 5000;

export class SlowMembers {
  readonly #maxBufferedBytes: number;
  readonly #stallTimeout: number;
  readonly #sweepInterval: number;
  readonly #members: () => Iterable<Member>;
  readonly #onStalled: (member: Member) => void;
  #sweepTimer: NodeJS.Timeout | undefined;
  /** Counts turns of the event loop, only while somebody waits for one. */
  #turn = 0;
  #wantedTurn = 0;
  #isCounting = false;

  constructor(
    options: { maxBufferedBytes: number; stallTimeout: number },
    members: () => Iterable<Member>,
    onStalled: (member: Member) => void,
  ) {
    this.#maxBufferedBytes = options.maxBufferedBytes;
    this.#stallTimeout = options.stallTimeout;
    this.#sweepInterval = Math.min(MAX_INTERVAL, Math.max(MIN_INTERVAL, Math.ceil(options.stallTimeout / SWEEPS_PER_STALL)));
    this.#members = members;
    this.#onStalled = onStalled;
  }

  /** May a member whose socket holds `queued` bytes get `more`? Called for each write, so the answer is quick where little waits. */
  mayTake(member: Member, queued: number, more: number): boolean {
    if (member.slow !== undefined) return this.#hasRecovered(member, member.slow, queued, more);
    // A single message over the limit goes to a member that owes nothing.
    if (queued === 0 || queued + more <= this.#maxBufferedBytes) {
      if (member.over !== undefined) member.over = undefined;
      return true;
    }
    return this.#mayExceed(member, queued + more);
  }

  /** Bytes may be waiting from now on: sweeps until none are. */
  watch(): void {
    if (this.#sweepTimer !== undefined || this.#stallTimeout === Infinity) return;
    this.#sweepTimer = setInterval(this.#sweep, this.#sweepInterval);
    this.#sweepTimer.unref();
  }

  stop(): void {
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }

  #hasRecovered(member: Member, mark: Mark, queued: number, more: number): boolean {
    if (queued > 0 && (queued + more > this.#maxBufferedBytes || !hasMoved(mark, member.socket))) return false;
    member.slow = undefined;
    member.over = undefined;
    member.isToldSlow = false;
    return true;
  }

  /**
   * Over the limit. The turn in which that begins may bring whatever it brings. On later ones slow is who stands still for
   * the grace, or whose queue has grown by the limit once more, moving or not: else one who reads too little would hold
   * ever more.
   */
  #mayExceed(member: Member, queued: number): boolean {
    const { socket } = member;
    const over = (member.over ??= { ...markOf(socket), queued, nextLook: this.#nextLook(), state: 'burst' });
    const isLook = this.#turn >= over.nextLook;
    if (isLook) this.#look(over, socket, queued);
    if (over.state === 'burst') {
      over.queued = queued;
      return true;
    }
    if (over.state === 'moving' && !isLook) return true;
    const hasGrown = queued - over.queued >= this.#maxBufferedBytes;
    if (!hasGrown && (over.state === 'moving' || performance.now() - over.at < GRACE)) return true;
    member.slow = over;
    return false;
  }

  #look(over: LimitMark, socket: TCPSocket, queued: number): void {
    over.nextLook = this.#nextLook();
    if (hasMoved(over, socket)) {
      Object.assign(over, markOf(socket));
      over.queued = Math.min(over.queued, queued);
      over.state = 'moving';
    } else {
      over.state = 'still';
    }
  }

  #nextLook(): number {
    this.#wantedTurn = this.#turn + TURNS_BETWEEN_LOOKS;
    if (!this.#isCounting) {
      this.#isCounting = true;
      setImmediate(this.#onTurn);
    }
    return this.#wantedTurn;
  }

  readonly #onTurn = (): void => {
    this.#turn++;
    this.#isCounting = this.#turn < this.#wantedTurn;
    if (this.#isCounting) setImmediate(this.#onTurn);
  };

  readonly #sweep = (): void => {
    let isAnythingWaiting = false;
    const stalled: Member[] = [];
    for (const member of this.#members()) {
      const { socket, stall } = member;
      if (socket.writableLength === 0 || socket.destroyed) {
        member.stall = undefined;
        continue;
      }
      isAnythingWaiting = true;
      if (stall === undefined || hasMoved(stall, socket)) member.stall = { ...markOf(socket), sweeps: 0 };
      // Sweeps are counted, not milliseconds: while this process stood still nobody could be seen to move.
      else if (++stall.sweeps * this.#sweepInterval >= this.#stallTimeout && member.slow === undefined) stalled.push(member);
    }
    if (!isAnythingWaiting) this.stop();
    for (const member of stalled) {
      if (member.isGone) continue;
      member.slow = member.stall;
      this.#onStalled(member);
    }
  };
}

function markOf(socket: TCPSocket): Mark {
  return { left: leftOf(socket), waiting: waitingOf(socket), at: performance.now() };
}

function hasMoved(mark: Mark, socket: TCPSocket): boolean {
  return leftOf(socket) !== mark.left || waitingOf(socket) !== mark.waiting;
}

/** Moves by whole writes. In Node `bytesWritten` walks the queue, so this is not for the hot path. */
function leftOf(socket: TCPSocket): number {
  return socket.bytesWritten - socket.writableLength;
}

/** What moves inside one big write: Node's own timeout reads it too. */
function waitingOf(socket: TCPSocket): number {
  return (socket as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;
}
