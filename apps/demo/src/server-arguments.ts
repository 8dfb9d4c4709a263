// What the servers are told on the command line and by the environment: where to listen, and where files go. Pure.
import { DemoError } from './errors.js';
import { readFlags, readPort, readVariable, type Environment } from './flags.js';

/** What is added to `--port N` for each server. */
const places = { echo: 0, chat: 1, files: 2, binary: 3, mux: 4 } as const;
export type ServerName = keyof typeof places;
export const serverNames: readonly ServerName[] = Object.keys(places) as ServerName[];

export interface ServerSettings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly ports: Readonly<Record<ServerName, number>>;
  /** The folder of the file server. */
  readonly uploads: string;
}

const DEFAULT_HOST = '0.0.0.0';
const DEFAULT_PORT = 8080;
const DEFAULT_UPLOADS = './uploads';
const MAX_PORT = 65_535;

export const serverHelp: string = `Usage: npm start -- [flags]

Starts the echo server, the chat server, the file server, the binary echo
server, and a gateway that carries echo and chat as streams over one connection.

  --port N         echo on N, chat on N + ${places.chat}, files on N + ${places.files}, binary on N + ${places.binary},
                   mux on N + ${places.mux}; 0 lets the system choose (PORT, ${DEFAULT_PORT})
  --echo-port N    the port of the echo server alone (ECHO_PORT)
  --chat-port N    the port of the chat server alone (CHAT_PORT)
  --files-port N   the port of the file server alone (FILES_PORT)
  --uploads DIR    where files go and come from (UPLOADS, ${DEFAULT_UPLOADS})
  --binary-port N  the port of the binary echo server alone (BINARY_PORT)
  --mux-port N     the port of the mux gateway alone (MUX_PORT)
  --host H         the address to listen on (HOST, ${DEFAULT_HOST}: every interface)
  --help           this

In brackets: the environment variable of the same meaning, and the default.
A flag goes before a variable, and the port of one server before --port or PORT.
`;

/** @throws {DemoError} `ERR_DEMO_ARGUMENT` */
export function readServerArguments(words: readonly string[], environment: Environment): ServerSettings | 'help' {
  const { help, values } = readFlags(words, ['host', 'port', 'uploads', ...serverNames.map((name) => `${name}-port`)]);
  if (help) return 'help';
  const ports = Object.fromEntries(
    serverNames.map((name) => [name, readServerPort(name, values, environment)]),
  ) as Record<ServerName, number>;
  checkDistinct(ports);
  return {
    host: values['host'] || readVariable(environment, 'HOST') || DEFAULT_HOST,
    ports,
    uploads: values['uploads'] || readVariable(environment, 'UPLOADS') || DEFAULT_UPLOADS,
  };
}

/** Most particular first, and a flag before a variable: what was typed now counts more than what was set once. */
function readServerPort(name: ServerName, values: Environment, environment: Environment): number {
  const place = places[name];
  const sources = [
    { source: `--${name}-port`, text: values[`${name}-port`], isBase: false },
    { source: '--port', text: values['port'], isBase: true },
    { source: `${name.toUpperCase()}_PORT`, text: readVariable(environment, `${name.toUpperCase()}_PORT`), isBase: false },
    { source: 'PORT', text: readVariable(environment, 'PORT'), isBase: true },
  ];
  for (const { source, text, isBase } of sources) {
    if (text === undefined) continue;
    if (!isBase) return readPort(text, source);
    const base = readPort(text, source, MAX_PORT - Math.max(...Object.values(places)));
    return base === 0 ? 0 : base + place;
  }
  return DEFAULT_PORT + place;
}

function checkDistinct(ports: Readonly<Record<ServerName, number>>): void {
  const owners = new Map<number, ServerName>();
  for (const name of serverNames) {
    const port = ports[name];
    const owner = owners.get(port);
    if (owner !== undefined && port !== 0) {
      throw new DemoError('ERR_DEMO_ARGUMENT', `${owner} and ${name} cannot both have port ${port}. Try --help.`);
    }
    owners.set(port, name);
  }
}
