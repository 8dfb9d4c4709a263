// What the servers are told on the command line and by the environment: where to listen. Pure.
import { DemoError } from './errors.js';
import { readFlags, readPort, readVariable, type Environment } from './flags.js';

/** The servers in the order of their ports: with `--port N` the first takes N, the next N + 1. */
const serverNames = ['echo', 'chat'] as const;
export type ServerName = (typeof serverNames)[number];

export interface ServerSettings {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly ports: Readonly<Record<ServerName, number>>;
}

const DEFAULT_HOST = '0.0.0.0';
const DEFAULT_PORT = 8080;

export const serverHelp: string = `Usage: npm start -- [flags]

Starts the echo server and the chat server.

  --port N       echo on N, chat on N + 1; 0 lets the system choose (PORT, ${DEFAULT_PORT})
  --echo-port N  the port of the echo server alone (ECHO_PORT)
  --chat-port N  the port of the chat server alone (CHAT_PORT)
  --host H       the address to listen on (HOST, ${DEFAULT_HOST}: every interface)
  --help         this

In brackets: the environment variable of the same meaning, and the default.
A flag goes before a variable, and the port of one server before --port or PORT.
`;

/** @throws {DemoError} `ERR_DEMO_ARGUMENT` */
export function readServerArguments(words: readonly string[], environment: Environment): ServerSettings | 'help' {
  const { help, values } = readFlags(words, ['host', 'port', ...serverNames.map((name) => `${name}-port`)]);
  if (help) return 'help';
  const ports = Object.fromEntries(
    serverNames.map((name, place) => [name, readServerPort(name, place, values, environment)]),
  ) as Record<ServerName, number>;
  if (ports.echo === ports.chat && ports.echo !== 0) {
    throw new DemoError('ERR_DEMO_ARGUMENT', `echo and chat cannot both have port ${ports.echo}. Try --help.`);
  }
  return { host: values['host'] || readVariable(environment, 'HOST') || DEFAULT_HOST, ports };
}

/** Most particular first, and a flag before a variable: what was typed now counts more than what was set once. */
function readServerPort(name: ServerName, place: number, values: Environment, environment: Environment): number {
  const sources = [
    { source: `--${name}-port`, text: values[`${name}-port`], isBase: false },
    { source: '--port', text: values['port'], isBase: true },
    { source: `${name.toUpperCase()}_PORT`, text: readVariable(environment, `${name.toUpperCase()}_PORT`), isBase: false },
    { source: 'PORT', text: readVariable(environment, 'PORT'), isBase: true },
  ];
  for (const { source, text, isBase } of sources) {
    if (text === undefined) continue;
    if (!isBase) return readPort(text, source);
    const base = readPort(text, source, 65_535 - (serverNames.length - 1));
    return base === 0 ? 0 : base + place;
  }
  return DEFAULT_PORT + place;
}
