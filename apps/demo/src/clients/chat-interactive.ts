// The chat client at a terminal: connects, chats, and when the server goes away says so and comes back with it.
import type { Environment } from '../flags.js';
import { defaultChatPort, type ChatSettings } from './chat-arguments.js';
import { chatManual, parseCommand } from './chat-commands.js';
import { addressText, connections } from './chat-connection.js';
import { line, personText } from './chat-lines.js';
import { ChatRoster } from './chat-roster.js';
import { ChatScreen, wantsColours } from './chat-screen.js';
import { ChatSession, type Person } from './chat-session.js';

export interface TerminalStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly environment: Environment;
}

/**
 * Chats until the person quits, and gives the exit code: 1 if the server was never there.
 * @throws {DemoError} `ERR_DEMO_NOT_CHAT`
 */
export async function chatInteractively(settings: ChatSettings, streams: TerminalStreams): Promise<number> {
  const chat = new InteractiveChat(settings, streams);
  return chat.run();
}

class InteractiveChat {
  readonly #settings: ChatSettings;
  readonly #person: Person;
  readonly #roster = new ChatRoster();
  readonly #quit = new AbortController();
  readonly #screen: ChatScreen;
  #session: ChatSession | undefined;
  #wasThere = false;
  /** The absence that lasts now was told. */
  #knowsAway = false;

  constructor(settings: ChatSettings, { input, output, environment }: TerminalStreams) {
    this.#settings = settings;
    this.#person = { name: settings.name, rooms: new Set() };
    this.#screen = new ChatScreen({
      input,
      output,
      isColoured: wantsColours(environment),
      onLine: (text) => this.#obey(text),
      onQuit: () => this.#quit.abort(),
      names: () => this.#roster.people().map(([, name]) => name),
    });
  }

  async run(): Promise<number> {
    const quitting = new Promise<void>((resolve) => this.#quit.signal.addEventListener('abort', () => resolve()));
    try {
      for await (const socket of connections(this.#settings, this.#quit.signal, (error) => this.#sayAway(error.message))) {
        this.#roster.clear();
        const session = new ChatSession(socket, {
          person: this.#person,
          roster: this.#roster,
          show: (shown) => this.#screen.show(shown),
          announce: true,
        });
        const hasBegun = await Promise.race([session.begin(), quitting]);
        if (hasBegun === true) await this.#chat(session, quitting);
        else socket.destroy();
        if (session.failure !== undefined) throw session.failure;
        if (hasBegun !== true) this.#sayAway(`The server at ${addressText(this.#settings)} ended the connection`);
      }
    } finally {
      this.#screen.close();
    }
    return this.#wasThere ? 0 : 1;
  }

  async #chat(session: ChatSession, quitting: Promise<void>): Promise<void> {
    this.#session = session;
    this.#wasThere = true;
    this.#knowsAway = false;
    const you = personText(session.id ?? '', session.name);
    this.#screen.show(line('news', `Connected to ${addressText(this.#settings)} as ${you}. /help says what to do.`));
    this.#screen.setPrompt(session.name);
    await Promise.race([session.closed, quitting]);
    this.#session = undefined;
    if (this.#quit.signal.aborted) await session.leave();
    else if (!session.isShutDown) this.#screen.show(line('trouble', 'The connection is gone.'));
  }

  /** Once for each absence: the tries between are nobody's news. */
  #sayAway(reason: string): void {
    if (this.#knowsAway || this.#quit.signal.aborted) return;
    this.#knowsAway = true;
    this.#screen.show(line('trouble', `${reason}. Ctrl-C stops trying.`));
    const { host, port } = this.#settings;
    if (!isLocal(host)) return;
    const flags = port === defaultChatPort ? '' : ` -- --chat-port ${port}`;
    this.#screen.show(line('news', `To start one: npm start${flags}`));
  }

  #obey(text: string): void {
    const command = parseCommand(text);
    switch (command.kind) {
      case 'nothing':
        return;
      case 'quit':
        return this.#screen.close();
      case 'mistake':
        return this.#screen.show(line('trouble', command.reason));
      case 'help':
        return chatManual.forEach((entry) => this.#screen.show(line('news', entry)));
      case 'who':
        return this.#sayWho();
      default:
        if (this.#session === undefined) {
          this.#screen.show(line('trouble', 'Not sent: the server is away.'));
          return this.#screen.giveBack(text);
        }
        this.#session.run(command);
        if (command.kind === 'rename') this.#screen.setPrompt(this.#session.name);
    }
  }

  #sayWho(): void {
    const people = this.#roster.people();
    if (people.length === 0) this.#screen.show(line('news', 'Nobody was heard of yet.'));
    for (const [id, name] of people) this.#screen.show(line('news', personText(id, name)));
  }
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
