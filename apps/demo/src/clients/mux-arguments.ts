// What the mux client is told on the command line and by the environment: where the gateway is. Pure.
import { readFlags, readPort, readVariable, type Environment } from '../flags.js';
import type { ServerAddress } from './chat-connection.js';

const defaultHost = 'localhost';
export const defaultMuxPort = 8084;

export const muxHelp: string = `Usage: npm run mux -- [flags]

Opens three streams over one connection to the mux gateway of the demo, one to
its echo server and two to its chat server, and prints what each of them says.

  --host H   the gateway's address (HOST, ${defaultHost})
  --port N   the gateway's port (MUX_PORT, ${defaultMuxPort})
  --help     this

In brackets: the environment variable of the same meaning, and the default.
A flag goes before a variable.

Exit codes: 0 all went well, 1 no gateway was there, 2 wrong flags.
`;

/** @throws {DemoError} `ERR_DEMO_ARGUMENT` */
export function readMuxArguments(words: readonly string[], environment: Environment): ServerAddress | 'help' {
  const { help, values } = readFlags(words, ['host', 'port']);
  if (help) return 'help';
  const source = values['port'] === undefined ? 'MUX_PORT' : '--port';
  const port = values['port'] ?? readVariable(environment, 'MUX_PORT');
  return {
    host: values['host'] || readVariable(environment, 'HOST') || defaultHost,
    port: port === undefined ? defaultMuxPort : readPort(port, source),
  };
}
