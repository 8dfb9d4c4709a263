// The program `mux`: three streams over one connection, what each says, and the end. See `--help`.
import { DemoError } from '../errors.js';
import { dial } from './chat-connection.js';
import { muxHelp, readMuxArguments } from './mux-arguments.js';
import { holdConversations } from './mux-session.js';

const { argv, env, stderr, stdout } = process;
const NAME_WIDTH = 6;

// A reader that has seen enough (`mux | head -1`) ends the program; that is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  const settings = readMuxArguments(argv.slice(2), env);
  if (settings === 'help') stdout.write(muxHelp);
  else {
    const socket = await dial(settings, undefined, 'mux gateway');
    const { streams } = await holdConversations(socket, (stream, line) => stdout.write(`${stream.padEnd(NAME_WIDTH)}${line}\n`));
    stdout.write(`${streams} streams, 1 connection.\n`);
  }
} catch (error) {
  if (!(error instanceof DemoError)) throw error;
  const hint = error.code === 'ERR_DEMO_AWAY' ? '\nTo start one: npm start\n' : '\n';
  stderr.write(`${error.message.replace(/\.$/, '')}.${hint}`);
  process.exitCode = error.exitCode;
}
