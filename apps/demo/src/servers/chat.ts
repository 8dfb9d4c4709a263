// The chat server: `TCPMessageServer` of docs/tcp-server.md, with its messages in the documented frame. Messages come
// in through a `MessageHandler` for each client; each message out is encoded once, whoever it goes to.
// It bounds what a client can cost: a message, its rooms, and the bytes that wait for it.
import type { ConnectionInfo, TCPServer, TCPSocket } from '@verb-tcp/core';
import { FrameError, MessageHandler } from '@verb-tcp/framing-json';
import { corkForTurn } from '@verb-tcp/socket/bytes';
import { encodeMessage } from '@verb-tcp/socket/message';
import { isListenError } from '../listen.js';
import type { Log } from '../log.js';
import { printable } from '../printable.js';
import { ChatRooms } from './chat-rooms.js';

export interface TCPMessageServerOptions {
  log?: Log | undefined;
  /**
   * Bytes that may wait for one client. One that has more waiting when the next message comes does not read: it is
   * cut, and the log says so. @defaultValue 1048576
   */
  maxWaitingBytes?: number | undefined;
}

/** What peers accept in one message by default, and so the most that may be passed on to them. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_ROOM_LENGTH = 64;
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
  readonly #clients = new Map<string, TCPSocket>();
  readonly #rooms = new ChatRooms();
  readonly #log: Log;
  readonly #maxWaitingBytes: number;

  constructor(app: TCPServer, { log = console, maxWaitingBytes = 1024 * 1024 }: TCPMessageServerOptions = {}) {
    this.#log = log;
    this.#maxWaitingBytes = maxWaitingBytes;
    app.withOptions({
      tcp: {
        // People read for hours without a word; dead peers are found by keep-alive.
        timeout: 0,
        onConnection: (socket, info) => this.#welcome(socket, info),
        onError: (error) => {
          if (!isListenError(error)) log.error(`Chat server error: ${error.message}`);
        },
      },
    });
  }

  /** Serves one message of a client. Whatever it is, the worst it can bring is an `error` to its sender. */
  handleMessage(clientId: string, message: unknown, socket: TCPSocket): void {
    const { type, data, target, room } = fieldsOf(message);
    switch (type) {
      case 'ping':
        return this.#send(clientId, socket, { type: 'pong', timestamp: Date.now() });
      case 'whoami':
        return this.#send(clientId, socket, { type: 'whoami', id: clientId });
      case 'broadcast':
        if (data === undefined) return this.#refuse(clientId, socket, 'broadcast needs "data"');
        return this.broadcast(data, clientId);
      case 'private':
        if (typeof target !== 'string') return this.#refuse(clientId, socket, 'private needs "target", a string');
        if (data === undefined) return this.#refuse(clientId, socket, 'private needs "data"');
        return this.sendPrivateMessage(target, data, clientId);
      case 'join_room':
      case 'leave_room':
      case 'room_message':
        if (typeof room !== 'string' || room === '' || room.length > MAX_ROOM_LENGTH) {
          const wanted = `"room", a string of 1 to ${MAX_ROOM_LENGTH} characters`;
          return this.#refuse(clientId, socket, `${type} needs ${wanted}`);
        }
        if (type === 'join_room') return this.joinRoom(clientId, room);
        if (type === 'leave_room') return this.leaveRoom(clientId, room);
        if (data === undefined) return this.#refuse(clientId, socket, 'room_message needs "data"');
        return this.sendToRoom(clientId, room, data);
      default:
        return this.#refuse(clientId, socket, `Unknown message type: ${quote(type)}`);
    }
  }

  /** Sends `data` to everybody, but not to `excludeClient`, who is told if it cannot be passed on. */
  broadcast(data: unknown, excludeClient?: string): void {
    this.#sendAll(this.#clients.keys(), { type: 'broadcast', data, timestamp: Date.now() }, excludeClient);
  }

  /** Sends `data` to one client. `fromClient` is told where that one is not here. */
  sendPrivateMessage(targetClient: string, data: unknown, fromClient: string): void {
    if (!this.#clients.has(targetClient)) return this.#complain(fromClient, `Unknown target: ${quote(targetClient)}`);
    const message = { type: 'private', from: fromClient, data, timestamp: Date.now() };
    const bytes = this.#encode(message, fromClient);
    if (bytes !== undefined) this.#deliver(targetClient, bytes);
  }

  /** Puts a client into a room; those who are there already get `user_joined`. */
  joinRoom(clientId: string, room: string): void {
    const outcome = this.#rooms.join(clientId, room);
    if (outcome === 'full') this.#complain(clientId, `Too many rooms: leave one before you join ${quote(room)}`);
    if (outcome === 'joined') this.#notify('user_joined', clientId, room);
  }

  /** Takes a client out of a room; those who stay get `user_left`. */
  leaveRoom(clientId: string, room: string): void {
    if (this.#rooms.leave(clientId, room)) this.#notify('user_left', clientId, room);
  }

  /** Sends `data` to the other members of a room that the client is in. */
  sendToRoom(clientId: string, room: string, data: unknown): void {
    const members = this.#rooms.members(room);
    if (!members.has(clientId)) return this.#complain(clientId, `Not in room: ${quote(room)}`);
    this.#sendAll(members, { type: 'room_message', room, data, timestamp: Date.now() }, clientId);
  }

  #welcome(socket: TCPSocket, info: ConnectionInfo): void {
    const clientId = this.#idOf(info);
    this.#clients.set(clientId, socket);
    this.#log.info(`Client ${clientId} connected`);

    const handler = new MessageHandler(socket, { maxMessageBytes: MAX_MESSAGE_BYTES });
    handler.on('message', (message: unknown) => this.handleMessage(clientId, message, socket));
    handler.on('error', (error: Error) => this.#drop(clientId, socket, error));

    socket.on('close', () => {
      this.#clients.delete(clientId);
      for (const room of this.#rooms.leaveAll(clientId)) this.#notify('user_left', clientId, room);
      this.#log.info(`Client ${clientId} disconnected`);
    });
  }

  /** The handler ends this connection after its last bytes; a person who typed them wants to know why. */
  #drop(clientId: string, socket: TCPSocket, error: Error): void {
    this.#log.error(`Client ${clientId} dropped: ${printable(error.message)}`);
    if (error instanceof FrameError) this.#refuse(clientId, socket, error.message);
  }

  /** A port may repeat where a peer reaches two of our addresses from it. */
  #idOf({ id, remoteAddress = 'unknown', remotePort = id }: ConnectionInfo): string {
    const address = `${remoteAddress}:${remotePort}`;
    return this.#clients.has(address) ? `${address}#${id}` : address;
  }

  #notify(type: 'user_joined' | 'user_left', clientId: string, room: string): void {
    const notice = { type, connectionId: clientId, room, timestamp: Date.now() };
    this.#sendAll(this.#rooms.members(room), notice, clientId);
  }

  #complain(clientId: string, message: string): void {
    const socket = this.#clients.get(clientId);
    if (socket !== undefined) this.#refuse(clientId, socket, message);
  }

  #refuse(clientId: string, socket: TCPSocket, message: string): void {
    this.#send(clientId, socket, { type: 'error', message });
  }

  #send(clientId: string, socket: TCPSocket, message: object): void {
    this.#write(clientId, socket, encodeMessage(message));
  }

  #sendAll(clients: Iterable<string>, message: object, excludeClient?: string): void {
    const bytes = this.#encode(message, excludeClient);
    if (bytes === undefined) return;
    for (const clientId of clients) if (clientId !== excludeClient) this.#deliver(clientId, bytes);
  }

  #deliver(clientId: string, bytes: Uint8Array): void {
    const socket = this.#clients.get(clientId);
    if (socket !== undefined) this.#write(clientId, socket, bytes);
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
    if (fromClient !== undefined) this.#complain(fromClient, 'data is too large, or nested too deep, to be passed on');
    return undefined;
  }

  #write(clientId: string, socket: TCPSocket, bytes: Uint8Array): void {
    if (!socket.writable) return;
    if (socket.writableLength > this.#maxWaitingBytes) {
      this.#log.error(`Client ${clientId} cut: it does not read, and ${socket.writableLength} bytes wait for it`);
      socket.destroy();
      return;
    }
    corkForTurn(socket);
    socket.write(bytes);
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
