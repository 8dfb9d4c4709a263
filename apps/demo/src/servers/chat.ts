// The chat server: `TCPMessageServer` of docs/tcp-server.md, with its messages in the documented frame. Messages come
// in through a `MessageHandler` for each client; everything that goes out, to one, a room or all, goes through one
// `TCPRoomManager`, encoded once, with one policy for who does not read. A `TCPConnectionPool` counts.
import type { TCPServer, TCPSocket } from '@verb-tcp/core';
import { FrameError, MessageHandler } from '@verb-tcp/framing-json';
import { TCPConnectionPool } from '@verb-tcp/pool';
import { RoomsError, TCPRoomManager } from '@verb-tcp/rooms';
import { encodeMessage } from '@verb-tcp/socket/message';
import { isListenError } from '../listen.js';
import type { Log } from '../log.js';
import { printable } from '../printable.js';
import { clientIdOf, listConnections } from './chat-connections.js';

export interface TCPMessageServerOptions {
  log?: Log | undefined;
  /**
   * Bytes that may wait for one client. One that has more waiting and does not read is cut, and the log says so.
   * @defaultValue 1048576
   */
  maxWaitingBytes?: number | undefined;
}

/** What peers accept in one message by default, and so the most that may be passed on to them. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_ROOM_LENGTH = 64;
const MAX_ROOMS_PER_CLIENT = 100;
const MAX_QUOTED_LENGTH = 200;

/** A message whose fields are not known yet; a value that is no object has none. */
type Fields = Readonly<Partial<Record<'type' | 'data' | 'target' | 'room', unknown>>>;

/**
 * Makes a chat server of `app`, which still has to be told `listen`. A client's ID is `address:port` as seen here.
 *
 * @example
 * const app = createServer();
 * new TCPMessageServer(app);
 * await app.listen(8081);
 */
export class TCPMessageServer {
  readonly #clients = new Set<string>();
  /** Knows everybody, in a room or not: it is the way out. */
  readonly #rooms: TCPRoomManager;
  /** The server has a limit of connections already. */
  readonly #pool = new TCPConnectionPool({ maxConnections: Infinity });
  readonly #log: Log;

  constructor(app: TCPServer, { log = console, maxWaitingBytes = 1024 * 1024 }: TCPMessageServerOptions = {}) {
    this.#log = log;
    this.#rooms = new TCPRoomManager({
      // A broadcast comes encoded: it is sent to each client by itself.
      encode: (message) => (message instanceof Uint8Array ? message : encodeMessage(message)),
      maxBufferedBytes: maxWaitingBytes,
      maxRoomsPerClient: MAX_ROOMS_PER_CLIENT,
    });
    this.#rooms.on('slow', ({ connectionId, bufferedBytes }) => {
      log.error(`Client ${connectionId} cut: it does not read, and ${bufferedBytes} bytes wait for it`);
    });
    app.withOptions({
      tcp: {
        // People read for hours without a word; dead peers are found by keep-alive.
        timeout: 0,
        onConnection: (socket) => this.welcome(socket),
        onError: (error) => {
          if (!isListenError(error)) log.error(`Chat server error: ${error.message}`);
        },
      },
    });
  }

  /** Serves one message of a client. Whatever it is, the worst it can bring is an `error` to its sender. */
  handleMessage(clientId: string, message: unknown, socket?: TCPSocket): void {
    void socket; // documented; answers go by id
    const { type, data, target, room } = fieldsOf(message);
    switch (type) {
      case 'ping':
        return this.#send(clientId, { type: 'pong', timestamp: Date.now() });
      case 'whoami':
        return this.#send(clientId, { type: 'whoami', id: clientId });
      case 'stats':
        return this.#send(clientId, { type: 'stats', ...listConnections(this.#pool.getConnectionStats(), clientId) });
      case 'broadcast':
        if (data === undefined) return this.#refuse(clientId, 'broadcast needs "data"');
        return this.broadcast(data, clientId);
      case 'private':
        if (typeof target !== 'string') return this.#refuse(clientId, 'private needs "target", a string');
        if (data === undefined) return this.#refuse(clientId, 'private needs "data"');
        return this.sendPrivateMessage(target, data, clientId);
      case 'join_room':
      case 'leave_room':
      case 'room_members':
      case 'room_message':
        if (typeof room !== 'string' || room === '' || room.length > MAX_ROOM_LENGTH) {
          return this.#refuse(clientId, `${type} needs "room", a string of 1 to ${MAX_ROOM_LENGTH} characters`);
        }
        if (type === 'join_room') return this.joinRoom(clientId, room);
        if (type === 'leave_room') return this.leaveRoom(clientId, room);
        if (type === 'room_members') return this.#send(clientId, { type, room, members: this.membersOf(room) });
        if (data === undefined) return this.#refuse(clientId, 'room_message needs "data"');
        return this.sendToRoom(clientId, room, data);
      default:
        return this.#refuse(clientId, `Unknown message type: ${quote(type)}`);
    }
  }

  /** Sends `data` to everybody, but not to `excludeClient`, who is told if it cannot be passed on. */
  broadcast(data: unknown, excludeClient?: string): void {
    const bytes = this.#encode({ type: 'broadcast', data, timestamp: Date.now() }, excludeClient);
    if (bytes === undefined) return;
    for (const clientId of this.#clients) if (clientId !== excludeClient) this.#rooms.sendTo(clientId, bytes);
  }

  /** Sends `data` to one client. `fromClient` is told where that one is not here. */
  sendPrivateMessage(targetClient: string, data: unknown, fromClient: string): void {
    if (!this.#clients.has(targetClient)) return this.#refuse(fromClient, `Unknown target: ${quote(targetClient)}`);
    const bytes = this.#encode({ type: 'private', from: fromClient, data, timestamp: Date.now() }, fromClient);
    if (bytes !== undefined) this.#rooms.sendTo(targetClient, bytes);
  }

  /** Puts a client into a room; those who are there already get `user_joined`. */
  joinRoom(clientId: string, room: string): void {
    if (this.#rooms.joinRoom(clientId, room)) return;
    const isInMany = this.#rooms.getClientRooms(clientId).length >= MAX_ROOMS_PER_CLIENT;
    const reason = isInMany ? 'Too many rooms: leave one before you join' : 'This server has too many rooms to open';
    this.#refuse(clientId, `${reason} ${quote(room)}`);
  }

  /** Takes a client out of a room; those who stay get `user_left`. */
  leaveRoom(clientId: string, room: string): void {
    this.#rooms.leaveRoom(clientId, room);
  }

  /** The clients in a room, in the order of joining. */
  membersOf(room: string): string[] {
    return this.#rooms.getRoomMembers(room).map(({ connectionId }) => connectionId);
  }

  /** Sends `data` to the other members of a room that the client is in. */
  sendToRoom(clientId: string, room: string, data: unknown): void {
    if (!this.#rooms.getClientRooms(clientId).includes(room)) return this.#refuse(clientId, `Not in room: ${quote(room)}`);
    const bytes = this.#encode({ type: 'room_message', room, data, timestamp: Date.now() }, clientId);
    if (bytes !== undefined) this.#rooms.broadcastToRoom(room, bytes, clientId);
  }

  /** Serves a client over any socket: what its server accepts, and a stream of a gateway as well. */
  welcome(socket: TCPSocket): void {
    const clientId = clientIdOf(this.#pool.addConnection(socket));
    this.#clients.add(clientId);
    // From here on the others hear `user_left` when it closes.
    this.#rooms.addClient(clientId, socket);
    this.#log.info(`Client ${clientId} connected`);

    const handler = new MessageHandler(socket, { maxMessageBytes: MAX_MESSAGE_BYTES });
    handler.on('message', (message: unknown) => this.handleMessage(clientId, message, socket));
    handler.on('error', (error: Error) => this.#drop(clientId, error));

    socket.on('close', () => {
      this.#clients.delete(clientId);
      this.#log.info(`Client ${clientId} disconnected`);
    });
  }

  /** The handler ends this connection after its last bytes; a person who typed them wants to know why. */
  #drop(clientId: string, error: Error): void {
    // Cut since it does not read, perhaps in the middle of a message of its own: the log has it.
    if (error instanceof RoomsError || error.cause instanceof RoomsError) return;
    this.#log.error(`Client ${clientId} dropped: ${printable(error.message)}`);
    if (error instanceof FrameError) this.#refuse(clientId, error.message);
  }

  #refuse(clientId: string, message: string): void {
    this.#send(clientId, { type: 'error', message });
  }

  #send(clientId: string, message: object): void {
    this.#rooms.sendTo(clientId, message);
  }

  /**
   * The frame of a message that carries a client's data. Data that came in may still not go out: nested too deep to be
   * written again, or larger with our fields around it than what its readers accept, which would end their connections.
   */
  #encode(message: object, fromClient: string | undefined): Uint8Array | undefined {
    try {
      const bytes = encodeMessage(message);
      if (bytes.byteLength <= MAX_MESSAGE_BYTES) return bytes;
    } catch {
      // The sender hears of both cases below.
    }
    if (fromClient !== undefined) this.#refuse(fromClient, 'data is too large, or nested too deep, to be passed on');
    return undefined;
  }
}

function fieldsOf(message: unknown): Fields {
  return typeof message === 'object' && message !== null ? message : {};
}

/** A value of the client in an answer to it, as a template literal shows it, and short. */
function quote(value: unknown): string {
  const text = textOf(value);
  return text.length <= MAX_QUOTED_LENGTH ? text : `${text.slice(0, MAX_QUOTED_LENGTH)}…`;
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object with a `toString` of its own, or lists in lists in lists.
    return typeof value;
  }
}
