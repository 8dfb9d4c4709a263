// One message to one member: written behind everybody else's bytes, or refused to one who is slow, and then what the
// policy says. The writes of one turn leave in one system call. It holds no bytes of its own.
import { corkForTurn } from '@verb-tcp/socket/bytes';
import { RoomsError } from './errors.js';
import type { DroppedMessage, SlowConsumerAction, SlowMember } from './events.js';
import type { Member } from './member.js';
import type { ResolvedRoomOptions } from './options.js';
import { SlowMembers } from './slow-members.js';

/** What delivery tells its manager. None of it may throw. */
export interface DeliveryOwner {
  members(): Iterable<Member>;
  onSlow(member: SlowMember, action: SlowConsumerAction): void;
  onDrop(message: DroppedMessage): void;
  onHandlerFailed(what: string, cause: unknown): void;
}

export class Delivery {
  readonly #options: ResolvedRoomOptions;
  readonly #owner: DeliveryOwner;
  readonly #slowMembers: SlowMembers;
  /** Messages and bytes written; what slow members missed; who was cut off. */
  deliveries = 0;
  deliveredBytes = 0;
  droppedMessages = 0;
  disconnected = 0;

  constructor(options: ResolvedRoomOptions, owner: DeliveryOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#slowMembers = new SlowMembers(options, () => owner.members(), (member) => this.#onStalled(member));
  }

  /**
   * Writes the bytes, without a copy. False: the member is slow and nothing was written; say so to `refuse` once the
   * fan-out is over, for that calls code of others. One who can no longer be written to is passed over.
   */
  offer(member: Member, bytes: Uint8Array): boolean {
    const { socket } = member;
    if (!socket.writable) return true;
    if (!this.#slowMembers.mayTake(member, socket.writableLength, bytes.length)) return false;
    corkForTurn(socket);
    socket.write(bytes);
    this.deliveries++;
    this.deliveredBytes += bytes.length;
    return true;
  }

  /** A message was written, to one or to many. */
  written(): void {
    this.#slowMembers.watch();
  }

  /** The member is slow, and misses a message of so many bytes, or is cut off. */
  refuse(member: Member, bytes: number): void {
    if (member.isGone || member.socket.destroyed) return;
    const action = this.#treat(member, 'limit');
    if (action === 'disconnect') return;
    this.droppedMessages++;
    member.droppedMessages++;
    this.#owner.onDrop({ connectionId: member.id, bytes, droppedMessages: member.droppedMessages });
  }

  stop(): void {
    this.#slowMembers.stop();
  }

  #onStalled(member: Member): void {
    if (!member.socket.destroyed) this.#treat(member, 'stall');
  }

  #treat(member: Member, reason: 'limit' | 'stall'): SlowConsumerAction {
    const { id: connectionId, socket, droppedMessages } = member;
    const facts: SlowMember = { connectionId, socket, reason, bufferedBytes: socket.writableLength, droppedMessages };
    const action = this.#decide(facts);
    if (action === 'disconnect' && !socket.destroyed) {
      this.disconnected++;
      this.#cut(member, facts);
    }
    if (!member.isToldSlow) {
      member.isToldSlow = true;
      this.#owner.onSlow(facts, action);
    }
    return action;
  }

  #decide(facts: SlowMember): SlowConsumerAction {
    const { slowConsumer } = this.#options;
    if (typeof slowConsumer !== 'function') return slowConsumer;
    try {
      const action: unknown = slowConsumer(facts);
      if (action === 'disconnect' || action === 'drop') return action;
      throw new TypeError(`it gave ${String(action)}, which is neither 'disconnect' nor 'drop'`);
    } catch (cause) {
      this.#owner.onHandlerFailed('slowConsumer', cause);
      return 'disconnect';
    }
  }

  #cut({ id, socket }: Member, { reason, bufferedBytes }: SlowMember): void {
    const { maxBufferedBytes, stallTimeout } = this.#options;
    const error =
      reason === 'limit'
        ? new RoomsError('ERR_ROOMS_SLOW', `${bufferedBytes} bytes wait and do not leave; maxBufferedBytes is ${maxBufferedBytes}`, {
            connectionId: id,
            limit: maxBufferedBytes,
            bufferedBytes,
          })
        : new RoomsError('ERR_ROOMS_STALLED', `${bufferedBytes} bytes wait and none has left for ${stallTimeout} ms`, {
            connectionId: id,
            limit: stallTimeout,
            bufferedBytes,
          });
    // An `'error'` that nobody listens for would end the process.
    if (socket.listenerCount('error') > 0) socket.destroy(error);
    else socket.destroy();
  }
}
