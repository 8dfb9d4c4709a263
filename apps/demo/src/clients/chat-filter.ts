// The chat client without a terminal: lines of the input are sent, what arrives is printed, one line each.
import { createInterface } from 'node:readline';
import type { ChatSettings } from './chat-arguments.js';
import { chatManual, parseCommand, type Command } from './chat-commands.js';
import { dial } from './chat-connection.js';
import { line, personText, type Line } from './chat-lines.js';
import { ChatRoster } from './chat-roster.js';
import { ChatSession } from './chat-session.js';

export interface FilterStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Trouble goes here, so that `output` holds what was said and nothing else. */
  readonly errors: NodeJS.WritableStream;
}

/**
 * Sends until the input ends, and gives the exit code: 1 if any line was in vain.
 * @throws {DemoError} `ERR_DEMO_AWAY`, `ERR_DEMO_NOT_CHAT`
 */
export async function chatAsFilter(settings: ChatSettings, { input, output, errors }: FilterStreams): Promise<number> {
  let troubles = 0;
  const show = ({ kind, text }: Line): void => {
    if (kind === 'trouble') troubles++;
    (kind === 'trouble' ? errors : output).write(`${text}\n`);
  };
  const roster = new ChatRoster();
  const person = { name: settings.name, rooms: new Set<string>() };
  const session = new ChatSession(await dial(settings), { person, roster, show, announce: false });
  let isOpen = await session.begin();
  if (session.failure !== undefined) throw session.failure;

  const lines = createInterface({ input, crlfDelay: Infinity });
  void session.closed.then(() => {
    isOpen = false;
    lines.close();
  });
  for await (const text of lines) {
    const command = parseCommand(text);
    if (command.kind === 'quit' || !isOpen) break;
    obey(command, session, roster, show);
    await session.writable();
  }
  await session.settled();
  if (!isOpen) show(line('trouble', 'The server ended the connection.'));
  await session.leave();
  return troubles === 0 ? 0 : 1;
}

function obey(command: Command, session: ChatSession, roster: ChatRoster, show: (line: Line) => void): void {
  switch (command.kind) {
    case 'nothing':
    case 'quit':
      return;
    case 'mistake':
      return show(line('trouble', command.reason));
    case 'help':
      return chatManual.forEach((text) => show(line('news', text)));
    case 'who':
      return roster.people().forEach(([id, name]) => show(line('news', personText(id, name))));
    default:
      return session.run(command);
  }
}
