// A typed line in, what the person wants out. Pure.

/** What takes a connection. */
export type SessionCommand =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'tell'; readonly target: string; readonly text: string }
  | { readonly kind: 'sayInRoom'; readonly room: string; readonly text: string }
  | { readonly kind: 'join' | 'leave' | 'members'; readonly room: string }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'whoami' | 'ping' | 'stats' };

export type Command =
  | SessionCommand
  | { readonly kind: 'help' | 'who' | 'quit' | 'nothing' }
  /** The line makes no sense; `reason` says how it would. */
  | { readonly kind: 'mistake'; readonly reason: string };

const usages = {
  '/msg': '/msg <name or id> <text>',
  '/name': '/name <name>',
  '/join': '/join <room>',
  '/leave': '/leave <room>',
  '/room': '/room <room> <text>',
  '/who': '/who [room]',
  '/whoami': '/whoami',
  '/ping': '/ping',
  '/stats': '/stats',
  '/help': '/help',
  '/quit': '/quit',
} as const;

type CommandName = keyof typeof usages;

export const commandNames: readonly CommandName[] = Object.keys(usages) as CommandName[];

const takesRoom: ReadonlySet<CommandName> = new Set(['/join', '/leave', '/room', '/who']);

export const chatManual: readonly string[] = [
  'Type a line to say it to everybody; begin it with // to say something with a /.',
  `  ${usages['/msg'].padEnd(26)} say it to one person only`,
  `  ${usages['/name'].padEnd(26)} change your name`,
  `  ${usages['/join'].padEnd(26)} enter a room`,
  `  ${usages['/room'].padEnd(26)} say it in a room you are in`,
  `  ${usages['/leave'].padEnd(26)} leave a room`,
  `  ${usages['/who'].padEnd(26)} whom this client has heard of`,
  `  ${usages['/whoami'].padEnd(26)} your id, as the server sees it`,
  `  ${usages['/ping'].padEnd(26)} how long a message takes to the server and back`,
  `  ${usages['/stats'].padEnd(26)} who is connected, how long, how much they sent`,
  `  ${usages['/quit'].padEnd(26)} leave (Ctrl-C and Ctrl-D do as well)`,
];

export const nameRule = 'A name has 1 to 24 letters, digits, dots, dashes or underscores, and is no number';

/** A number would look like the short form of an id. */
export function isName(text: string): boolean {
  return /^[\p{L}\p{M}\p{N}._-]{1,24}$/u.test(text) && !/^\d+$/.test(text);
}

/** The server's limit. */
const MAX_ROOM_LENGTH = 64;

export function parseCommand(line: string): Command {
  const trimmed = line.trim();
  if (trimmed === '') return { kind: 'nothing' };
  if (trimmed.startsWith('//')) return { kind: 'say', text: trimmed.slice(1) };
  if (!trimmed.startsWith('/')) return { kind: 'say', text: line.trimEnd() };
  const [word, rest] = splitWord(trimmed);
  if (!isCommandName(word)) return { kind: 'mistake', reason: `There is no ${word}. /help lists what there is.` };
  return parseArguments(word, rest) ?? { kind: 'mistake', reason: `Usage: ${usages[word]}` };
}

/** The command names and names of people that could complete the last word of a line, as `readline` wants them. */
export function complete(line: string, names: readonly string[]): [string[], string] {
  if (/^\/\S*$/.test(line)) return [commandNames.filter((name) => name.startsWith(line)), line];
  const [, word = ''] = /^\/msg\s+(\S*)$/.exec(line) ?? [];
  const wantsName = /^\/msg\s+\S*$/.test(line);
  return [wantsName ? names.filter((name) => name.startsWith(word)).map((name) => `${name} `) : [], word];
}

/** `undefined` where something is missing or too much. */
function parseArguments(name: CommandName, rest: string): Command | undefined {
  const [first, text] = splitWord(rest);
  if (takesRoom.has(name) && first.length > MAX_ROOM_LENGTH) {
    return { kind: 'mistake', reason: `The name of a room has at most ${MAX_ROOM_LENGTH} characters.` };
  }
  switch (name) {
    case '/msg':
      return text === '' ? undefined : { kind: 'tell', target: first, text };
    case '/room':
      return text === '' ? undefined : { kind: 'sayInRoom', room: first, text };
    case '/name':
      if (rest === '') return undefined;
      return isName(rest) ? { kind: 'rename', name: rest } : { kind: 'mistake', reason: `${nameRule}.` };
    case '/join':
    case '/leave':
      if (first === '' || text !== '') return undefined;
      return { kind: name === '/join' ? 'join' : 'leave', room: first };
    case '/who':
      if (first === '') return { kind: 'who' };
      return text === '' ? { kind: 'members', room: first } : undefined;
    case '/whoami':
    case '/ping':
    case '/stats':
    case '/help':
    case '/quit':
      return rest === '' ? { kind: name.slice(1) as 'whoami' | 'ping' | 'stats' | 'help' | 'quit' } : undefined;
  }
}

function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(usages, word);
}

/** The first word, and what follows it. */
function splitWord(text: string): [word: string, rest: string] {
  const [, word = '', rest = ''] = /^(\S*)\s*([^]*)$/.exec(text) ?? [];
  return [word, rest];
}
