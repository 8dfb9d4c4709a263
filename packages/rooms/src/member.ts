// The two ends of a membership, and the only place where they are joined and parted: a client knows its rooms, a room its
// members, always both or neither. No names are looked up here and nothing is sent.
import type { TCPSocket } from '@verb-tcp/socket';

/** How far a socket's bytes had come at some time. */
export interface Mark {
  /** Bytes of the writes that had left whole. */
  left: number;
  /** Bytes of the write under way that the kernel had not taken yet. */
  waiting: number;
  /** `performance.now()`. */
  at: number;
}

/** A mark of a member that has bytes waiting. */
export interface StallMark extends Mark {
  /** Sweeps since that saw no progress. */
  sweeps: number;
}

/** A mark of a member that was over the limit. */
export interface LimitMark extends Mark {
  /** The least that waited since the turn in which it went over the limit was over. */
  queued: number;
  /** The turn from which on the absence of progress means something. */
  nextLook: number;
  /** `'burst'`: still the turn in which it went over the limit. Else whether bytes had left when it was last looked at. */
  state: 'burst' | 'moving' | 'still';
}

/** One client. */
export class Member {
  readonly id: string;
  readonly socket: TCPSocket;
  readonly metadata: unknown;
  readonly joinedAt: number;
  readonly rooms: Set<Room> = new Set();
  /** Takes the listeners off its socket. */
  release: () => void = () => {};
  /** It was removed: whoever still holds it must leave its socket alone. */
  isGone = false;
  /** The last message that was for several rooms and was offered to it, by number. */
  lastShared = 0;
  droppedMessages = 0;
  /** Where its bytes stood when it was found slow. It gets nothing until they have moved. */
  slow: Mark | undefined;
  /** It was told that it is slow. */
  isToldSlow = false;
  /** Where they stood when it was last seen to progress over the limit; not while it is below. */
  over: LimitMark | undefined;
  /** Where they stood when a sweep last saw progress. */
  stall: StallMark | undefined;

  constructor(id: string, socket: TCPSocket, metadata: unknown, joinedAt: number) {
    this.id = id;
    this.socket = socket;
    this.metadata = metadata;
    this.joinedAt = joinedAt;
  }
}

/** One room. It exists while it has members. */
export class Room {
  readonly name: string;
  readonly members: Set<Member> = new Set();

  constructor(name: string) {
    this.name = name;
  }

  join(member: Member): void {
    this.members.add(member);
    member.rooms.add(this);
  }

  part(member: Member): void {
    this.members.delete(member);
    member.rooms.delete(this);
  }
}
