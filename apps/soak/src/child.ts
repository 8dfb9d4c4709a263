// A child process that plays one role: an object whose methods the parent calls over IPC. Each measurement gets fresh
// children, so that no server runs in what another one left behind, and load does not run where it is measured.
import { spawn, type ChildProcess } from 'node:child_process';
import { commandFor } from './program.js';
import type { ActorOf, RoleName, SettingsOf } from './roles.js';

/** What a child is told: first its role, then the methods to run. */
export type Order =
  | { id: number; role: RoleName; settings: unknown }
  | { id: number; method: string; args: unknown[] };

/** What a child answers. `error` is a stack. */
export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

export interface ChildOptions {
  /** Kills the child. */
  signal: AbortSignal;
  /** Its limit of open files, the hard one too. */
  openFiles?: number;
}

type Method<Name extends RoleName> = Extract<keyof ActorOf<Name>, string>;
type Run<Name extends RoleName, M extends Method<Name>> = ActorOf<Name>[M] extends (...args: infer A) => infer R
  ? { args: A; result: Awaited<R> }
  : never;

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class Child<Name extends RoleName> implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #role: Name;
  readonly #closed: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  readonly #signal: AbortSignal;
  #lastId = 0;
  #end: Error | undefined;

  private constructor(role: Name, { signal, openFiles }: ChildOptions) {
    this.#role = role;
    this.#signal = signal;
    const [command, args] = withLimit(commandFor('worker'), openFiles);
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
    this.#process = child;
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()));
    child.on('message', (answer: Answer) => this.#onAnswer(answer));
    child.once('error', (error) => this.#fail(error.message));
    child.once('close', (code, exitSignal) => {
      this.#fail(signal.aborted ? String(signal.reason) : `ended (${exitSignal ?? `exit code ${code}`})`);
    });
    signal.addEventListener('abort', this.#kill, { once: true });
  }

  /** Starts a child and lets it play `role`. */
  static async start<Name extends RoleName>(role: Name, settings: SettingsOf<Name>, options: ChildOptions): Promise<Child<Name>> {
    options.signal.throwIfAborted();
    const child = new Child(role, options);
    await child.#send({ role, settings });
    return child;
  }

  /** Runs a method of the role. Rejects with what it threw, and where the child ends first. */
  call<M extends Method<Name>>(method: M, ...args: Run<Name, M>['args']): Promise<Run<Name, M>['result']> {
    const answer = this.#send({ method, args }) as Promise<Run<Name, M>['result']>;
    // Whoever awaits it sees the error; a scope that was left for another reason must not end the process.
    answer.catch(() => {});
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.#closed;
  }

  #send(order: { role: RoleName; settings: unknown } | { method: string; args: unknown[] }): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      // A channel breaks before its end is told, which says why.
      this.#process.send({ id, ...order } satisfies Order, (error) => error && void this.#closed.then(() => this.#fail(error.message)));
    });
  }

  #onAnswer({ id, value, error }: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(new Error(`${this.#role}: ${error}`));
  }

  #fail(reason: string): void {
    this.#end ??= new Error(`${this.#role}: ${reason}`);
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
  }

  readonly #kill = (): void => {
    this.#signal.removeEventListener('abort', this.#kill);
    this.#process.kill('SIGKILL');
  };
}

/** Node lifts its soft limit to the hard one, so the hard one has to be set, before Node begins. */
function withLimit([node, ...args]: string[], openFiles: number | undefined): [command: string, args: string[]] {
  if (openFiles === undefined) return [node as string, args];
  return ['sh', ['-c', `ulimit -Sn ${openFiles} && ulimit -Hn ${openFiles} && exec "$0" "$@"`, node as string, ...args]];
}
