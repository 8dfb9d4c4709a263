// The program `chat`: at a terminal somebody chats, otherwise it is a filter. See `--help`.
import { chatHelp, readChatArguments } from './chat-arguments.js';
import { chatAsFilter } from './chat-filter.js';
import { chatInteractively } from './chat-interactive.js';
import { DemoError } from '../errors.js';

const { argv, env, stderr, stdin, stdout } = process;

// A reader that has seen enough (`chat | head -1`) ends the program; that is no failure.
stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  const settings = readChatArguments(argv.slice(2), env);
  if (settings === 'help') stdout.write(chatHelp);
  else if (stdin.isTTY && stdout.isTTY && env['TERM'] !== 'dumb') {
    process.exitCode = await chatInteractively(settings, { input: stdin, output: stdout, environment: env });
  } else process.exitCode = await chatAsFilter(settings, { input: stdin, output: stdout, errors: stderr });
} catch (error) {
  if (!(error instanceof DemoError)) throw error;
  stderr.write(`${error.message.replace(/\.$/, '')}.\n`);
  process.exitCode = error.exitCode;
}
// An input that is still open would keep the process.
stdin.destroy();
