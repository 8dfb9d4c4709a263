// One message to many: encoded once, the same bytes offered to every member, each of them once. This is the seam at which
// an engine can carry messages to other processes later: what goes in is a room, bytes and who is left out.
import type { MessageEncoder } from '@verb-tcp/socket/message';
import type { Delivery } from './delivery.js';
import { RoomsError } from './errors.js';
import type { Member, Room } from './member.js';

export class FanOut {
  readonly #encode: MessageEncoder;
  readonly #delivery: Delivery;
  #shared = 0;
  /** Messages encoded. */
  messages = 0;

  constructor(encode: MessageEncoder, delivery: Delivery) {
    this.#encode = encode;
    this.#delivery = delivery;
  }

  /** @throws {RoomsError} `ERR_ROOMS_ENCODE` */
  encode(message: unknown): Uint8Array {
    let encoded: unknown;
    try {
      encoded = this.#encode(message);
    } catch (cause) {
      throw new RoomsError('ERR_ROOMS_ENCODE', `encode threw: ${cause instanceof Error ? cause.message : 'no error'}`, { cause });
    }
    this.messages++;
    if (typeof encoded === 'string') return Buffer.from(encoded);
    if (encoded instanceof Uint8Array) return encoded;
    throw new RoomsError('ERR_ROOMS_ENCODE', `encode must give bytes or a string, got ${encoded === null ? 'null' : typeof encoded}`);
  }

  /** To every member but one. */
  toRoom(room: Room, bytes: Uint8Array, except: Member | undefined): void {
    const delivery = this.#delivery;
    let slow: Member[] | undefined;
    for (const member of room.members) {
      if (member === except) continue;
      if (!delivery.offer(member, bytes)) (slow ??= []).push(member);
    }
    this.#finish(slow, bytes);
  }

  /** To every member of these rooms but one, once, however many of the rooms it is in. */
  toRooms(rooms: Iterable<Room>, bytes: Uint8Array, except: Member | undefined): void {
    const shared = ++this.#shared;
    let slow: Member[] | undefined;
    if (except !== undefined) except.lastShared = shared;
    for (const room of rooms) {
      for (const member of room.members) {
        if (member.lastShared === shared) continue;
        member.lastShared = shared;
        if (!this.#delivery.offer(member, bytes)) (slow ??= []).push(member);
      }
    }
    this.#finish(slow, bytes);
  }

  /** To one. False: it can no longer be written to, or is slow and misses the message. */
  toMember(member: Member, bytes: Uint8Array): boolean {
    if (!member.socket.writable) return false;
    const isWritten = this.#delivery.offer(member, bytes);
    this.#finish(isWritten ? undefined : [member], bytes);
    return isWritten;
  }

  /** Policies and listeners come last, so that what they do stands behind this message for every member. */
  #finish(slow: Member[] | undefined, bytes: Uint8Array): void {
    this.#delivery.written();
    if (slow === undefined) return;
    for (const member of slow) this.#delivery.refuse(member, bytes.length);
  }
}
