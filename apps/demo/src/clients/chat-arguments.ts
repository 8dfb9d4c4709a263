// What the chat client is told on the command line and by the environment: where the server is, and a name. Pure.
import { DemoError } from '../errors.js';
import { readFlags, readPort, readVariable, type Environment } from '../flags.js';
import { isName, nameRule } from './chat-commands.js';

export interface ChatSettings {
  readonly host: string;
  readonly port: number;
  /** `undefined`: a guest, named after the port the server sees. */
  readonly name: string | undefined;
}

const defaultChatHost = 'localhost';
export const defaultChatPort = 8081;

export const chatHelp: string = `Usage: npm run chat -- [flags]

Chats with everybody at a chat server of the demo.

  --host H   the server's address (HOST, ${defaultChatHost})
  --port N   the server's port (CHAT_PORT, ${defaultChatPort})
  --name N   your name (CHAT_NAME, a guest)
  --help     this

In brackets: the environment variable of the same meaning, and the default.
A flag goes before a variable. NO_COLOR switches colours off.

At a terminal it edits lines, and reconnects when the server comes back.
Otherwise it is a filter: each line of the input is sent, what arrives is
printed, and it ends with the input.

Exit codes: 0 all went well, 1 no chat server was there, or (as a filter) a
line was in vain, 2 wrong flags.
`;

/** @throws {DemoError} `ERR_DEMO_ARGUMENT` */
export function readChatArguments(words: readonly string[], environment: Environment): ChatSettings | 'help' {
  const { help, values } = readFlags(words, ['host', 'port', 'name']);
  if (help) return 'help';
  const source = values['port'] === undefined ? 'CHAT_PORT' : '--port';
  const port = values['port'] ?? readVariable(environment, 'CHAT_PORT');
  const name = values['name'] ?? readVariable(environment, 'CHAT_NAME');
  if (name !== undefined && !isName(name)) {
    throw new DemoError('ERR_DEMO_ARGUMENT', `${nameRule}. Try --help.`);
  }
  return {
    host: values['host'] || readVariable(environment, 'HOST') || defaultChatHost,
    port: port === undefined ? defaultChatPort : readPort(port, source),
    name,
  };
}
