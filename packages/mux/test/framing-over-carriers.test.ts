// Behaviour 17, the part with real connections: the tests of framing-json that dial and listen, unchanged, with `node:net` and
// `node:tls` replaced by `mux-net.ts`: over TCP, a unix socket and TLS, with hostile peers, with a peer in Python that knows
// no mux, behind a bridge, and (MUX_LONG=1) in a process of its own.
import { expect, it, vi } from 'vitest';
import type * as MuxNet from './mux-net.js';
import { isLong } from './pairs.js';

type Call = (...args: unknown[]) => unknown;
// Filled below: `mux-net.ts` itself is made of modules that import `node:net`.
const muxNet = vi.hoisted(() => ({}) as typeof MuxNet);

vi.mock(import('node:net'), async (importOriginal) => {
  const createConnection: Call = (...args) => muxNet.createConnection(...args);
  const createServer: Call = (...args) => muxNet.createServer(...args);
  return { ...(await importOriginal()), createConnection, createServer } as unknown as Awaited<ReturnType<typeof importOriginal>>;
});

vi.mock(import('node:tls'), async (importOriginal) => {
  const connect: Call = (...args) => muxNet.connectTLS(...args);
  const createServer: Call = (...args) => muxNet.createTLSServer(...args);
  return { ...(await importOriginal()), connect, createServer } as unknown as Awaited<ReturnType<typeof importOriginal>>;
});

Object.assign(muxNet, await import('./mux-net.js'));

/** Loaded into the process that `crash-proof.test.ts` starts: its program finds `mux-net.ts` where it imports `node:net`. */
const hooks = `export const resolve = (specifier, context, next) =>
  next(specifier === 'node:net' && context.parentURL?.includes('/fixtures/') ? ${JSON.stringify(new URL('mux-net.ts', import.meta.url).href)} : specifier, context);`;
const asModule = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
const preload = asModule(`import { register } from 'node:module'; register(${JSON.stringify(asModule(hooks))});`);

vi.mock(import('node:child_process'), async (importOriginal) => {
  const original = await importOriginal();
  const spawn = (command: string, args: string[]): unknown => original.spawn(command, command === process.execPath ? args.toSpliced(-1, 0, '--import', preload) : args);
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
