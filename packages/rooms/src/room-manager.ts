// Who is in which room, and what the others are told of it. Clients come in as TCPSockets, messages go out through the
// fan-out. It never reads from a socket, and closes one only where the policy for slow members says so.
import { EventEmitter } from 'node:events';
import type { TCPSocket } from '@verb-tcp/socket';
import { Delivery } from './delivery.js';
import { RoomsError, type RoomsErrorCode, type RoomsErrorFacts } from './errors.js';
import type { ClientInfo, RoomStats, TCPRoomManagerEvents } from './events.js';
import { FanOut } from './fan-out.js';
import { Member, Room } from './member.js';
import { resolveTCPRoomManagerOptions, type ResolvedRoomOptions, type TCPRoomManagerOptions } from './options.js';

const MAX_BYTES_PER_UNIT = 3;

/**
 * Named groups of sockets. A message is encoded once and every member is written the same bytes, in order; those of one
 * turn leave in one system call; slow members are cut off or miss messages, and cost the others nothing.
 *
 * @example
 * const rooms = new TCPRoomManager();
 * rooms.addClient(id, socket);
 * rooms.joinRoom(id, 'lobby');
 * rooms.broadcastToRoom('lobby', { text: 'hello' });
 */
export class TCPRoomManager extends EventEmitter<TCPRoomManagerEvents> {
  readonly #options: ResolvedRoomOptions;
  readonly #clients = new Map<string, Member>();
  readonly #rooms = new Map<string, Room>();
  readonly #delivery: Delivery;
  readonly #fanOut: FanOut;
  #memberships = 0;
  #isClosed = false;

  /** @throws RangeError or TypeError for an option that cannot be. */
  constructor(options: TCPRoomManagerOptions = {}) {
    super({ captureRejections: true });
    this.#options = resolveTCPRoomManagerOptions(options);
    this.#delivery = new Delivery(this.#options, {
      members: () => this.#clients.values(),
      onSlow: (member, action) => this.#tell('slow', { ...member, action }),
      onDrop: (message) => this.#tell('drop', message),
      onHandlerFailed: (what, cause) => this.#onHandlerFailed(what, cause),
    });
    this.#fanOut = new FanOut(this.#options.encode, this.#delivery);
    this[EventEmitter.captureRejectionSymbol] = (cause: unknown, ...[event]: unknown[]) =>
      this.#onHandlerFailed(`a listener of '${String(event)}'`, cause);
  }

  /**
   * Makes a socket known under an id. An id that is taken changes hands: the client that had it is removed first, as by
   * `removeClient`. `false`, and nothing is kept: the socket is destroyed already, the manager closed, or `maxClients`
   * reached, which is also an `'error'`.
   *
   * @throws TypeError where `connectionId` is no string or `socket` no socket.
   */
  addClient(connectionId: string, socket: TCPSocket, metadata: unknown = {}): boolean {
    if (typeof connectionId !== 'string') throw new TypeError(`connectionId must be a string, got ${typeof connectionId}`);
    if (typeof (socket as TCPSocket | undefined)?.cork !== 'function') throw new TypeError('socket must be a TCPSocket');
    if (this.#isClosed || socket.destroyed) return false;
    this.removeClient(connectionId);
    const limit = this.#options.maxClients;
    if (this.#clients.size >= limit) {
      return this.#refuse('ERR_ROOMS_TOO_MANY_CLIENTS', `there are ${limit} clients already`, { connectionId, limit });
    }
    const member = new Member(connectionId, socket, metadata, Date.now());
    this.#clients.set(connectionId, member);
    if (this.#options.autoRemove) this.#attach(member);
    return true;
  }

  /** Takes a client out of its rooms, whose other members are told, and forgets it. Its socket is left as it is. */
  removeClient(connectionId: string): void {
    const member = this.#clients.get(connectionId);
    if (member !== undefined) this.#remove(member);
  }

  /**
   * Puts a client into a room, whose other members are told. `true`: it is in, also where it was before, and then nobody
   * is told. `false`: no such client, a bad name, or a limit; the last two are also an `'error'`.
   */
  joinRoom(connectionId: string, roomId: string): boolean {
    const member = this.#clients.get(connectionId);
    if (member === undefined || !this.#isName(connectionId, roomId)) return false;
    const existing = this.#rooms.get(roomId);
    if (existing !== undefined && member.rooms.has(existing)) return true;
    const { maxRooms, maxRoomsPerClient } = this.#options;
    if (member.rooms.size >= maxRoomsPerClient) {
      const text = `the client is in ${maxRoomsPerClient} rooms already`;
      return this.#refuse('ERR_ROOMS_TOO_MANY_PER_CLIENT', text, { connectionId, limit: maxRoomsPerClient });
    }
    if (existing === undefined && this.#rooms.size >= maxRooms) {
      return this.#refuse('ERR_ROOMS_TOO_MANY_ROOMS', `there are ${maxRooms} rooms already`, { connectionId, limit: maxRooms });
    }
    const room = existing ?? new Room(roomId);
    if (existing === undefined) this.#rooms.set(roomId, room);
    room.join(member);
    this.#memberships++;
    if (room.members.size > 1) this.#notify('user_joined', room, member);
    return true;
  }

  /** Takes a client out of a room, whose remaining members are told. Nothing where it is not in. */
  leaveRoom(connectionId: string, roomId: string): void {
    const member = this.#clients.get(connectionId);
    const room = this.#rooms.get(roomId);
    if (member !== undefined && room?.members.has(member)) this.#part(member, room);
  }

  /**
   * Sends to every member of a room, but for `excludeClient`. Nothing where there is no such room.
   * @throws {RoomsError} `ERR_ROOMS_ENCODE`: nobody got anything.
   */
  broadcastToRoom(roomId: string, message: unknown, excludeClient?: string): void {
    const room = this.#rooms.get(roomId);
    if (room !== undefined) this.#fanOut.toRoom(room, this.#fanOut.encode(message), this.#memberOf(excludeClient));
  }

  /**
   * Sends to every member of several rooms, once each, but for `excludeClient`.
   * @throws {RoomsError} `ERR_ROOMS_ENCODE`: nobody got anything. @throws TypeError for one name in place of several.
   */
  broadcastToRooms(roomIds: Iterable<string>, message: unknown, excludeClient?: string): void {
    // A string is iterable too: by its characters.
    if (typeof roomIds === 'string') throw new TypeError(`roomIds must be several names; for one there is broadcastToRoom(${JSON.stringify(roomIds)}, …)`);
    const rooms: Room[] = [];
    for (const roomId of roomIds) {
      const room = this.#rooms.get(roomId);
      if (room !== undefined) rooms.push(room);
    }
    if (rooms.length > 0) this.#fanOut.toRooms(rooms, this.#fanOut.encode(message), this.#memberOf(excludeClient));
  }

  /**
   * Sends to one client. `false`: no such client, its socket is closed for sending, or it is slow and misses the message.
   * @throws {RoomsError} `ERR_ROOMS_ENCODE`: nothing was sent.
   */
  sendTo(connectionId: string, message: unknown): boolean {
    const member = this.#clients.get(connectionId);
    return member !== undefined && this.#fanOut.toMember(member, this.#fanOut.encode(message));
  }

  /** The clients in a room, in the order in which they joined. */
  getRoomMembers(roomId: string): ClientInfo[] {
    return Array.from(this.#rooms.get(roomId)?.members ?? [], infoOf);
  }

  /** The rooms of a client, in the order in which it joined them. */
  getClientRooms(connectionId: string): string[] {
    return Array.from(this.#clients.get(connectionId)?.rooms ?? [], ({ name }) => name);
  }

  /** How many clients are in a room; 0 where there is no such room. */
  size(roomId: string): number {
    return this.#rooms.get(roomId)?.members.size ?? 0;
  }

  /** The names of all rooms. */
  get rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  /** Where things stand, and what was done so far. Looks at every client. */
  stats(): RoomStats {
    let bufferedBytes = 0;
    for (const { socket } of this.#clients.values()) if (!socket.destroyed) bufferedBytes += socket.writableLength;
    const { deliveries, deliveredBytes, droppedMessages, disconnected } = this.#delivery;
    return {
      clients: this.#clients.size,
      rooms: this.#rooms.size,
      memberships: this.#memberships,
      bufferedBytes,
      messages: this.#fanOut.messages,
      deliveries,
      deliveredBytes,
      droppedMessages,
      disconnected,
    };
  }

  /** Forgets every client and room, takes every listener off, and tells nobody. Sockets are left as they are. For good. */
  close(): void {
    this.#isClosed = true;
    this.#delivery.stop();
    for (const member of this.#clients.values()) {
      member.isGone = true;
      member.release();
    }
    this.#clients.clear();
    this.#rooms.clear();
    this.#memberships = 0;
  }

  #attach(member: Member): void {
    const { socket } = member;
    const onClose = (): void => this.#remove(member);
    socket.on('error', ignore);
    socket.on('close', onClose);
    member.release = () => {
      socket.off('close', onClose);
      socket.off('error', ignore);
    };
  }

  #remove(member: Member): void {
    if (member.isGone) return;
    member.isGone = true;
    member.release();
    this.#clients.delete(member.id);
    for (const room of member.rooms) this.#part(member, room);
  }

  #part(member: Member, room: Room): void {
    room.part(member);
    this.#memberships--;
    if (room.members.size === 0) this.#rooms.delete(room.name);
    else this.#notify('user_left', room, member);
  }

  #notify(type: 'user_joined' | 'user_left', room: Room, about: Member): void {
    if (!this.#options.notify) return;
    let bytes: Uint8Array;
    try {
      bytes = this.#fanOut.encode({ type, connectionId: about.id, room: room.name, timestamp: Date.now() });
    } catch (error) {
      // Who joins or leaves is not who made the encoder.
      this.#fail(error as RoomsError);
      return;
    }
    this.#fanOut.toRoom(room, bytes, about);
  }

  #memberOf(connectionId: string | undefined): Member | undefined {
    return connectionId === undefined ? undefined : this.#clients.get(connectionId);
  }

  /** Names come from peers, so they may be anything. */
  #isName(connectionId: string, roomId: unknown): boolean {
    const limit = this.#options.maxRoomNameBytes;
    if (typeof roomId !== 'string' || roomId === '') {
      return this.#refuse('ERR_ROOMS_NAME_INVALID', 'a room name must be a string and not empty', { connectionId });
    }
    if (roomId.length * MAX_BYTES_PER_UNIT <= limit || Buffer.byteLength(roomId) <= limit) return true;
    return this.#refuse('ERR_ROOMS_NAME_INVALID', `a room name is longer than ${limit} bytes`, { connectionId, limit });
  }

  #refuse(code: RoomsErrorCode, text: string, facts: RoomsErrorFacts): false {
    if (this.listenerCount('error') > 0) this.#tell('error', new RoomsError(code, text, facts));
    return false;
  }

  #onHandlerFailed(what: string, cause: unknown): void {
    const why = cause instanceof Error ? cause.message : 'what it threw is no error';
    this.#fail(new RoomsError('ERR_ROOMS_HANDLER_FAILED', `${what} failed: ${why}`, { cause }));
  }

  #fail(error: RoomsError): void {
    if (this.listenerCount('error') > 0) this.#tell('error', error);
    else process.emitWarning(error);
  }

  /** A listener that throws must not break the fan-out, the join or the close of a socket that it hears of. */
  #tell<Name extends keyof TCPRoomManagerEvents>(event: Name, fact: TCPRoomManagerEvents[Name][0]): void {
    try {
      (this as EventEmitter).emit(event, fact);
    } catch (cause) {
      if (event !== 'error') this.#onHandlerFailed(`a listener of '${event}'`, cause);
      else process.emitWarning(cause instanceof Error ? cause : new Error("a listener of 'error' failed", { cause }));
    }
  }
}

function infoOf({ id: connectionId, socket, rooms, metadata, joinedAt }: Member): ClientInfo {
  return { connectionId, socket, rooms: new Set(Array.from(rooms, ({ name }) => name)), metadata, joinedAt };
}

function ignore(): void {}
