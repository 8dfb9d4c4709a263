// What a TCPRoomManager tells and shows: its events, and the facts that they and its answers carry.
import type { TCPSocket } from '@verb-tcp/socket';
import type { RoomsError } from './errors.js';

/** What becomes of a slow member: cut off, or without the message. */
export type SlowConsumerAction = 'disconnect' | 'drop';

/** An action for all, or a function that chooses one for each message that a slow member would miss. */
export type SlowConsumerPolicy = SlowConsumerAction | ((member: SlowMember) => SlowConsumerAction);

/** A member that does not take its bytes. */
export interface SlowMember {
  readonly connectionId: string;
  readonly socket: TCPSocket;
  /** `'limit'`: over `maxBufferedBytes`. `'stall'`: nothing left for `stallTimeout`. */
  readonly reason: 'limit' | 'stall';
  /** Bytes that wait in its socket. */
  readonly bufferedBytes: number;
  /** Messages that it has missed since it was added. */
  readonly droppedMessages: number;
}

/** A message that one member missed. */
export interface DroppedMessage {
  readonly connectionId: string;
  /** Of the message, encoded. */
  readonly bytes: number;
  /** Messages that it has missed since it was added, this one included. */
  readonly droppedMessages: number;
}

/** One client as it is now. A copy, but for `socket` and `metadata`: changing it changes nothing here. */
export interface ClientInfo {
  readonly connectionId: string;
  readonly socket: TCPSocket;
  /** The names of the rooms it is in. */
  readonly rooms: Set<string>;
  /** What was given to `addClient`. */
  readonly metadata: any;
  /** When it was added, as `Date.now()` has it. */
  readonly joinedAt: number;
}

/** Numbers of a `TCPRoomManager`; what is counted is counted since it was made. */
export interface RoomStats {
  /** Clients now. */
  readonly clients: number;
  /** Rooms now. */
  readonly rooms: number;
  /** Pairs of client and room now. */
  readonly memberships: number;
  /** Bytes that wait in the sockets of all clients now. */
  readonly bufferedBytes: number;
  /** Messages encoded, notices included. */
  readonly messages: number;
  /** Messages written to a member's socket: one to 500 members is 500. */
  readonly deliveries: number;
  /** Bytes of these. */
  readonly deliveredBytes: number;
  /** Messages that slow members missed. */
  readonly droppedMessages: number;
  /** Members cut off for being slow. */
  readonly disconnected: number;
}

/** The events of a `TCPRoomManager`. They come behind the fan-out that caused them, never in the middle of it. */
export interface TCPRoomManagerEvents {
  /** A member was found slow. Once, until it has recovered. */
  slow: [member: SlowMember & { readonly action: SlowConsumerAction }];
  /** A slow member missed a message. */
  drop: [message: DroppedMessage];
  /** What was refused, and what your own code threw. With no listener it is not thrown. */
  error: [error: RoomsError];
}
