// The programs that our pages show: every `ts` block of a package's README as it stands, and the usage listings of
// docs/tcp-server.md with the few adaptations that are written down here.
import type { Program } from './consumer.js';
import { readPage } from './markdown.js';

/** A README's `ts` blocks; each must be a whole program. */
export function readmePrograms(room: string, markdown: string): (Program & { title: string })[] {
  return readPage(markdown)
    .blocks.filter(({ language }) => language === 'ts' || language === 'typescript')
    .map(({ text, line, heading }, index) => ({ name: `readme/${room}-${index + 1}`, text, title: `${heading} (line ${line})` }));
}

/** What a program prints where its README says so: `console.log(x); // → text`. */
export function promisedOutput(text: string): string[] {
  return [...text.matchAll(/\/\/ → (.*)$/gm)].map((match) => String(match[1]).trim());
}

/** The names that the listings use and do not declare. */
const PREAMBLES = {
  'Basic TCP Server': '',
  'Server Options': `import { createServer, ServerProtocol } from "verb";
const app = createServer(ServerProtocol.TCP);
const handleConnection = (socket: import("@verb-tcp/socket").TCPSocket): void => void socket.end();
const handleError = (error: Error): void => console.error(error);
const handleListening = (): void => {};
const handleClose = (): void => {};
`,
  'Socket Configuration': `import type { TCPSocket } from "@verb-tcp/socket";
`,
  'Testing TCP Server': `import { MessageHandler } from "@verb-tcp/framing-json";
`,
} as const;

/** What a listing that only declares something needs in order to be run. */
const EPILOGUES: Partial<Record<keyof typeof PREAMBLES, string>> = {
  'Socket Configuration': `
import { Socket } from "node:net";
import { socketPair } from "@verb-tcp/testing";
for (const socket of [socketPair()[0], new Socket()]) configureSocket(socket).destroy();
`,
};

/** The module of the listings' tests, for the compiler; at run time it is vitest. */
export const testModule = `declare module "bun:test" {
  export function test(title: string, body: () => Promise<void>): void;
  export function expect(value: unknown): { toBe(expected: unknown): void };
}
`;

/** The usage listings of the reference, by heading. */
export function listings(markdown: string): Record<keyof typeof PREAMBLES, Program> {
  const { blocks } = readPage(markdown);
  const headings = Object.keys(PREAMBLES) as (keyof typeof PREAMBLES)[];
  const programs = headings.map((heading) => {
    const block = blocks.find((candidate) => candidate.heading === heading);
    if (block === undefined) throw new Error(`docs/tcp-server.md has no listing under "${heading}"`);
    const text = adapt(PREAMBLES[heading] + block.text + (EPILOGUES[heading] ?? ''));
    const suffix = heading === 'Testing TCP Server' ? '.test' : '';
    return [heading, { name: `listings/${heading.toLowerCase().replaceAll(' ', '-')}${suffix}`, text }] as const;
  });
  return Object.fromEntries(programs) as Record<keyof typeof PREAMBLES, Program>;
}

function adapt(text: string): string {
  return text
    .replaceAll('from "verb"', 'from "@verb-tcp/core"')
    .replaceAll('from "verb/testing"', 'from "@verb-tcp/testing"')
    // Without a type argument today's TypeScript infers unknown, and the listing reads members of the result.
    .replaceAll('new Promise(', 'new Promise<any>(');
}
