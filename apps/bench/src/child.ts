// A child process that plays one role: it is ready once, gives one result, and is gone when its scope is left.
// Each measurement gets fresh children, so that no contender runs in what another one left behind.
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadyOf, ResultOf, RoleName, SettingsOf } from './roles.js';

/** Far above what a measurement takes; a child that needs more hangs. */
const DEADLINE_MS = 180_000;

/** What a child is told, once. */
export interface Order {
  role: RoleName;
  settings: unknown;
}

/** What a child tells: `ready` once, then `result` or `failed`. */
export interface Report {
  what: 'ready' | 'result' | 'failed';
  value?: unknown;
}

export class Child<Name extends RoleName> implements AsyncDisposable {
  /** What the role reports once it can begin, its port for example. */
  readonly ready: Promise<ReadyOf<Name>>;
  readonly result: Promise<ResultOf<Name>>;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #hasResult = false;

  constructor(role: Name, settings: SettingsOf<Name>) {
    const child = fork(...entry());
    this.#process = child;
    this.#exited = new Promise((resolve) => child.once('close', () => resolve()));
    const ready = withResolvers<ReadyOf<Name>>();
    const result = withResolvers<ResultOf<Name>>();
    const fail = (reason: string): void => {
      const error = new Error(`${role} ${JSON.stringify(settings)}: ${reason}`);
      ready.reject(error);
      result.reject(error);
    };
    const deadline = setTimeout(() => fail(`no result after ${DEADLINE_MS} ms`), DEADLINE_MS);
    child.on('message', ({ what, value }: Report) => {
      if (what === 'ready') ready.resolve(value as ReadyOf<Name>);
      else if (what === 'failed') fail(String(value));
      else {
        this.#hasResult = true;
        result.resolve(value as ResultOf<Name>);
      }
    });
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      clearTimeout(deadline);
      fail(`ended without a result (${signal ?? `exit code ${code}`})`);
    });
    this.ready = ready.promise;
    this.result = result.promise;
    // Whoever awaits them sees the error; a scope that was left for another reason must not end the process.
    this.ready.catch(() => {});
    this.result.catch(() => {});
    child.send({ role, settings } satisfies Order);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With a result it ends by itself, and has time to write its profile.
    if (!this.#hasResult) this.#process.kill('SIGKILL');
    await this.#exited;
  }
}

/** Built, the worker lies beside this file; tests build theirs elsewhere. */
function entry(): [string, string[], { execArgv: string[] }] {
  const folder = process.env['BENCH_WORKERS'] ?? fileURLToPath(new URL('.', import.meta.url));
  return [join(folder, 'worker.js'), [], { execArgv: profiling() }];
}

/** `BENCH_CPU_PROF=folder` writes a CPU profile of every child there. */
function profiling(): string[] {
  const folder = process.env['BENCH_CPU_PROF'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

interface Resolvers<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function withResolvers<T>(): Resolvers<T> {
  let resolvers: Omit<Resolvers<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => (resolvers = { resolve, reject }));
  return { promise, ...(resolvers as unknown as Omit<Resolvers<T>, 'promise'>) };
}
