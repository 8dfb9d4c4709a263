// The program `start`: the servers of the demo, a guide to talk to them, and an orderly end. See `--help`.
import { createServer, ServerProtocol } from '@verb-tcp/core';
import { drainOnSignal } from './drain.js';
import { DemoError } from './errors.js';
import { guide } from './guide.js';
import { listenOn } from './listen.js';
import { readServerArguments, serverHelp, serverNames, type ServerName, type ServerSettings } from './server-arguments.js';
import { limitAddresses } from './servers/address-limit.js';
import { createBinaryEchoServer } from './servers/binary-echo.js';
import { TCPMessageServer } from './servers/chat.js';
import { createEchoServer } from './servers/echo.js';
import { createGateway } from './servers/gateway.js';

/** Serves until told to stop, and gives the exit code. */
async function serve({ host, ports }: ServerSettings): Promise<number> {
  const chat = createServer(ServerProtocol.TCP);
  const messages = new TCPMessageServer(chat);
  const servers = { echo: createEchoServer(), chat, binary: createBinaryEchoServer(), mux: createGateway(messages) };

  const realPorts: Record<ServerName, number> = { ...ports };
  for (const name of serverNames) {
    limitAddresses(servers[name], name);
    realPorts[name] = await listenOn(name, servers[name], ports[name], host).catch(async (error: unknown) => {
      await Promise.all(Object.values(servers).map((server) => server.shutdown({ gracePeriod: 0 })));
      throw error;
    });
  }

  const end = drainOnSignal({ plain: [servers.echo, servers.binary, servers.mux], framed: [chat] }, console);
  process.stdout.write(guide({ host, ports: realPorts }));
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
