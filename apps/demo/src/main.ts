// The program `start`: the servers of the demo, a guide to talk to them, and an orderly end. See `--help`.
import { createServer, ServerProtocol } from '@verb-tcp/core';
import { drainOnSignal } from './drain.js';
import { DemoError } from './errors.js';
import { guide } from './guide.js';
import { listenOn } from './listen.js';
import { readServerArguments, serverHelp, type ServerSettings } from './server-arguments.js';
import { TCPMessageServer } from './servers/chat.js';
import { createEchoServer } from './servers/echo.js';

/** Serves until told to stop, and gives the exit code. */
async function serve({ host, ports }: ServerSettings): Promise<number> {
  const echo = createEchoServer();
  const chat = createServer(ServerProtocol.TCP);
  new TCPMessageServer(chat);

  const echoPort = await listenOn('echo', echo, ports.echo, host);
  const chatPort = await listenOn('chat', chat, ports.chat, host).catch(async (error: unknown) => {
    await echo.shutdown({ gracePeriod: 0 });
    throw error;
  });

  const end = drainOnSignal({ plain: echo, framed: chat }, console);
  process.stdout.write(guide({ host, ports: { echo: echoPort, chat: chatPort } }));
  return end;
}

// A log that nobody reads any more (`start | head`) is no reason to leave the clients alone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  const settings = readServerArguments(process.argv.slice(2), process.env);
  if (settings === 'help') process.stdout.write(serverHelp);
  else process.exit(await serve(settings));
} catch (error) {
  if (!(error instanceof DemoError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}
