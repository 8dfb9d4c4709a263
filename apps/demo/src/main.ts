// The program `start`: the servers of the demo, a guide to talk to them, and an orderly end. See `--help`.
import { resolve } from 'node:path';
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
import { createFileServer } from './servers/files.js';

/** Serves until told to stop, and gives the exit code. */
async function serve({ host, ports, uploads }: ServerSettings): Promise<number> {
  const chat = createServer(ServerProtocol.TCP);
  const messages = new TCPMessageServer(chat);
  const files = createFileServer(resolve(process.env['INIT_CWD'] ?? '.', uploads));
  const mux = createGateway(messages);
  const servers = { echo: createEchoServer(), chat, files: files.app, binary: createBinaryEchoServer(), mux };

  const realPorts: Record<ServerName, number> = { ...ports };
  for (const name of serverNames) {
    limitAddresses(servers[name], name);
    realPorts[name] = await listenOn(name, servers[name], ports[name], host).catch(async (error: unknown) => {
      await Promise.all(Object.values(servers).map((server) => server.shutdown({ gracePeriod: 0 })));
      throw error;
    });
  }

  const end = drainOnSignal({ plain: [servers.echo, servers.files, servers.binary, servers.mux], framed: [chat] }, console);
  process.stdout.write(guide({ host, ports: realPorts, uploads }));
  const exitCode = await end;
  await files.transfers.close();
  return exitCode;
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
