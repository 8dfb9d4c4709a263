// Behaviour 17, the part with real connections: the tests of framing-json that dial and listen, unchanged, with `node:net` and
// `node:tls` replaced by `mux-net.ts`: over TCP, a unix socket and TLS, with hostile peers, with a peer in Python that knows
// no mux, behind a bridge, and (MUX_LONG=1) in a process of its own.
import { afterAll, expect, it, vi } from 'vitest';
import type * as MuxNet from './mux-net.js';
import { isLong } from './pairs.js';

type Call = (...args: unknown[]) => unknown;
// Filled below: `mux-net.ts` itself is made of modules that import `node:net`. Empty again when these tests are over: files
// that run behind this one in its process are given the same modules.
const muxNet = vi.hoisted((): Partial<typeof MuxNet> => ({}));

vi.mock(import('node:net'), async (importOriginal) => {
  const original = await importOriginal();
  const createConnection: Call = (...args) => ((muxNet.createConnection ?? original.createConnection) as Call)(...args);
  const createServer: Call = (...args) => ((muxNet.createServer ?? original.createServer) as Call)(...args);
  return { ...original, createConnection, createServer } as unknown as typeof original;
});

vi.mock(import('node:tls'), async (importOriginal) => {
  const original = await importOriginal();
  const connect: Call = (...args) => ((muxNet.connectTLS ?? original.connect) as Call)(...args);
  const createServer: Call = (...args) => ((muxNet.createTLSServer ?? original.createServer) as Call)(...args);
  return { ...original, connect, createServer } as unknown as typeof original;
});

Object.assign(muxNet, await import('./mux-net.js'));
afterAll(() => {
  for (const name of Object.keys(muxNet)) delete muxNet[name as keyof typeof MuxNet];
});

/** Loaded into the process that `crash-proof.test.ts` starts: its program finds `mux-net.ts` where it imports `node:net`. */
const hooks = `export const resolve = (specifier, context, next) =>
  next(specifier === 'node:net' && context.parentURL?.includes('/fixtures/') ? ${JSON.stringify(new URL('mux-net.ts', import.meta.url).href)} : specifier, context);`;
const asModule = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
const preload = asModule(`import { register } from 'node:module'; register(${JSON.stringify(asModule(hooks))});`);

vi.mock(import('node:child_process'), async (importOriginal) => {
  const original = await importOriginal();
  const spawn = (command: string, args: string[], options = {}): unknown =>
    original.spawn(command, command === process.execPath && muxNet.createServer !== undefined ? args.toSpliced(-1, 0, '--import', preload) : args, options);
  return { ...original, spawn } as unknown as typeof original;
});

await import('../../framing-json/test/hostile-peer.test.js');
await import('../../framing-json/test/real-sockets.test.js');

const crashProof = (): Promise<unknown> => import('../../framing-json/test/crash-proof.test.js');
if (isLong) await crashProof();

it('crash-proof.test.ts of framing-json runs too (MUX_LONG)', async (context) => {
  context.skip(!isLong, 'with MUX_LONG=1 only: a process of its own, which compiles all that it loads');
  expect(await crashProof()).toBeDefined();
});
