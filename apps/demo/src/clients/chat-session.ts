// One connection to the chat server: commands in, messages out; messages in, lines out. It knows no terminal.
import type { Socket } from 'node:net';
import { MessageHandler } from '@verb-tcp/framing-json';
import { DemoError } from '../errors.js';
import { printable } from '../printable.js';
import type { SessionCommand } from './chat-commands.js';
import { readChatData, type ChatAction, type ChatData } from './chat-data.js';
import { leftLine, line, personText, pongLine, privateLine, publicLine, roomLine, toldLine, type Line } from './chat-lines.js';
import { RoomQuestions } from './chat-room-questions.js';
import { guestName, type ChatRoster } from './chat-roster.js';
import { statsLines } from './chat-stats.js';

/** What outlives a connection. */
export interface Person {
  /** `undefined`: a guest, named after the port the server sees. */
  name: string | undefined;
  readonly rooms: Set<string>;
}

export interface ChatSessionOptions {
  readonly person: Person;
  readonly roster: ChatRoster;
  readonly show: (line: Line) => void;
  /** Tell others that somebody came, is here, and left. */
  readonly announce: boolean;
}

/** The server answers a `whoami` within this many milliseconds, or is taken for something else. */
const ANSWER_TIMEOUT = 5000;
/** After a goodbye it ends the connection within this many, or we do. */
const LEAVE_TIMEOUT = 1000;
const MAX_GREETED = 1000;

type Message = Readonly<Record<string, unknown>>;

export class ChatSession {
  readonly #handler: MessageHandler;
  readonly #socket: Socket;
  readonly #options: ChatSessionOptions;
  /** What waits for a `pong`, in the order of the pings. */
  readonly #pings: (() => void)[] = [];
  readonly #questions = new RoomQuestions();
  readonly #closed: Promise<void>;
  /** Ids that we told of ourselves unasked: that one of them is gone already is nobody's news. */
  readonly #greeted = new Set<string>();
  #id: string | undefined;
  #onIdentity: (() => void) | undefined;
  #failure: DemoError | undefined;
  #isShutDown = false;

  constructor(socket: Socket, options: ChatSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#handler = new MessageHandler(socket);
    this.#handler.on('message', (message: unknown) => this.#receive(message));
    this.#handler.on('error', (error: Error & { code?: string }) => this.#fail(error));
    // What ends a connection is told by `closed`; a listener keeps the error from ending the process.
    socket.on('error', () => {});
    this.#closed = new Promise((resolve) => socket.on('close', () => resolve()));
  }

  /** Settles when the connection is gone, however it went. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Why there is no point in coming back: this is not the chat server. */
  get failure(): DemoError | undefined {
    return this.#failure;
  }

  /** The server said that it shuts down. */
  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  get name(): string {
    return this.#options.person.name ?? guestName(this.#id ?? '');
  }

  get id(): string | undefined {
    return this.#id;
  }

  /** Asks who we are, announces us and goes back to the rooms of before. False if the connection went before that. */
  async begin(): Promise<boolean> {
    const { announce, person } = this.#options;
    const timer = setTimeout(() => {
      this.#failure = new DemoError('ERR_DEMO_NOT_CHAT', 'Something listens there, but it does not answer as a chat server.');
      this.#socket.destroy();
    }, ANSWER_TIMEOUT);
    const identified = new Promise<void>((resolve) => (this.#onIdentity = resolve));
    this.#send({ type: 'whoami' });
    await Promise.race([identified, this.#closed]);
    clearTimeout(timer);
    if (this.#id === undefined) return false;
    if (announce) this.#act('joined');
    for (const room of person.rooms) this.#join(room);
    return true;
  }

  run(command: SessionCommand): void {
    const { person, show } = this.#options;
    switch (command.kind) {
      case 'say':
        return this.#send({ type: 'broadcast', data: this.#data({ text: command.text }) });
      case 'tell':
        return this.#tell(command.target, command.text);
      case 'sayInRoom':
        return this.#send({ type: 'room_message', room: command.room, data: this.#data({ text: command.text }) });
      case 'join':
        person.rooms.add(command.room);
        return this.#join(command.room);
      case 'leave':
        this.#send({ type: 'leave_room', room: command.room });
        return show(leftLine(command.room, person.rooms.delete(command.room)));
      case 'members':
        return this.#askWhoIsIn(command.room, false);
      case 'stats':
        return this.#send({ type: 'stats' });
      case 'rename': {
        const was = this.name;
        person.name = command.name;
        return this.#act('named', { was });
      }
      case 'whoami':
        return show(line('news', `You are ${personText(this.#id ?? 'unknown', this.name)}.`));
      case 'ping': {
        const began = performance.now();
        return this.#ping(() => show(pongLine(performance.now() - began)));
      }
    }
  }

  /** Settles once the server has served everything sent so far, or the connection is gone. */
  async settled(): Promise<void> {
    await Promise.race([new Promise<void>((resolve) => this.#ping(resolve)), this.#closed]);
  }

  /** Settles when what waits to be sent is little again, or the connection is gone. */
  async writable(): Promise<void> {
    if (!this.#socket.writableNeedDrain) return;
    await Promise.race([new Promise<void>((resolve) => this.#socket.once('drain', resolve)), this.#closed]);
  }

  /** Says goodbye and ends the connection, once everything sent has left. */
  async leave(): Promise<void> {
    const { announce, person } = this.#options;
    if (announce && this.#id !== undefined) {
      for (const room of person.rooms) this.#send({ type: 'leave_room', room });
      this.#act('left');
    }
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), LEAVE_TIMEOUT);
    await this.#closed;
    clearTimeout(timer);
  }

  /** Joining has no answer of its own: who is in then tells whether we are. */
  #join(room: string): void {
    this.#send({ type: 'join_room', room });
    this.#askWhoIsIn(room, true);
  }

  #askWhoIsIn(room: string, isJoin: boolean): void {
    this.#questions.add({ room, isJoin });
    this.#send({ type: 'room_members', room });
  }

  #tell(target: string, text: string): void {
    const { roster, show } = this.#options;
    const [id = target, ...others] = roster.find(target);
    if (others.length > 0) {
      return show(line('trouble', `Several people may be meant: ${[id, ...others].join(', ')}. Take the id.`));
    }
    this.#greeted.delete(id);
    show(toldLine(id, roster.nameOf(id)));
    this.#send({ type: 'private', target: id, data: this.#data({ text }) });
  }

  #data(data: ChatData): ChatData {
    return { id: this.#id, name: this.name, ...data };
  }

  #act(action: ChatAction, data: ChatData = {}): void {
    this.#send({ type: 'broadcast', data: this.#data({ ...data, action }) });
  }

  #ping(onPong: () => void): void {
    this.#pings.push(onPong);
    this.#send({ type: 'ping' });
  }

  #send(message: Message): void {
    if (!this.#socket.writable) return;
    try {
      this.#handler.sendMessage(message);
    } catch (error) {
      this.#options.show(line('trouble', `Not sent: ${(error as Error).message}`));
    }
  }

  #receive(message: unknown): void {
    const fields = (typeof message === 'object' && message !== null ? message : {}) as Message;
    const shown = this.#answer(fields) ?? [];
    for (const each of Array.isArray(shown) ? shown : [shown]) this.#options.show(each);
  }

  /** What a message changes here, and the lines it makes. Every field is a peer's: it may be missing, or anything. */
  #answer(message: Message): Line | Line[] | undefined {
    const { roster } = this.#options;
    const data = readChatData(message['data']);
    switch (message['type']) {
      case 'whoami':
        this.#id ??= textOf(message['id']);
        this.#onIdentity?.();
        return undefined;
      case 'pong':
        this.#pings.shift()?.();
        return undefined;
      case 'broadcast':
        this.#meet(data);
        return publicLine(data);
      case 'room_message':
        if (data.id !== undefined && data.name !== undefined) roster.learn(data.id, data.name);
        return publicLine(data, textOf(message['room']));
      case 'private':
        return this.#hear(textOf(message['from']), data);
      case 'user_joined':
      case 'user_left': {
        const id = textOf(message['connectionId']);
        return roomLine(message['type'], id, roster.nameOf(id), textOf(message['room']));
      }
      case 'room_members': {
        const { rooms } = this.#options.person;
        return this.#questions.answer(textOf(message['room']), message['members'], { id: this.#id, rooms, roster });
      }
      case 'stats':
        return statsLines(message, this.#id, (id) => roster.nameOf(id));
      case 'error':
        return this.#hearError(textOf(message['message']));
      case 'server_shutdown':
        this.#isShutDown = true;
        // Whoever stays only makes the drain last.
        this.#socket.end();
        return line('trouble', 'The server is shutting down.');
      default:
        return line('news', `The server sent something new: ${JSON.stringify(textOf(message['type']))}`);
    }
  }

  /** Somebody who is new here learns of us. Once for each id, so that nobody can make us talk without end. */
  #meet({ id, name, action }: ChatData): void {
    const { announce, roster } = this.#options;
    if (id === undefined || name === undefined || id === this.#id) return;
    if (action === 'left') return roster.forget(id);
    const isNew = roster.learn(id, name);
    if (isNew && announce && action === 'joined') {
      if (this.#greeted.size >= MAX_GREETED) this.#greeted.clear();
      this.#greeted.add(id);
      this.#send({ type: 'private', target: id, data: this.#data({ action: 'here' }) });
    }
  }

  #hear(from: string, data: ChatData): Line | undefined {
    if (data.name !== undefined) this.#options.roster.learn(from, data.name);
    if (data.action !== undefined) return publicLine({ ...data, id: from });
    return privateLine(from, data);
  }

  #hearError(text: string): Line | undefined {
    const [, goneId] = /^Unknown target: (.*)$/s.exec(text) ?? [];
    if (goneId !== undefined) this.#options.roster.forget(goneId);
    const wasGreeted = goneId !== undefined && this.#greeted.delete(goneId);
    return wasGreeted ? undefined : line('trouble', `The server says: ${text}`);
  }

  #fail(error: Error & { code?: string }): void {
    // Before it said who we are, a server that does not speak our frames is another kind of server.
    if (this.#id === undefined && error.code?.startsWith('ERR_FRAME_')) {
      this.#failure = new DemoError('ERR_DEMO_NOT_CHAT', `This is not a chat server: ${printable(error.message)}.`, { cause: error });
    } else {
      this.#options.show(line('trouble', `The connection broke: ${error.message}`));
    }
    this.#socket.destroy();
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}
