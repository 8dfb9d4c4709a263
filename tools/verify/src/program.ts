// One real program as a child process: what it prints is kept, what it is given goes to its input, and it is ended by its
// own id at the end of the scope.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Scope } from './scope.js';

/** What a program that ignores SIGTERM is given, in milliseconds. */
const GRACE = 2000;

export class Program {
  readonly process: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  /** The exit code, or the signal, once it has ended and all that it printed is here. */
  readonly exit: Promise<number | NodeJS.Signals>;
  readonly #command: string;
  #out: Buffer[] = [];
  #outLength = 0;
  #err: Buffer[] = [];

  /** `inherited`: listening servers whose sockets the program gets as files 3, 4… */
  constructor(scope: Scope, command: string, args: readonly string[], inherited: readonly object[] = []) {
    this.#command = command;
    const stdio = ['pipe', 'pipe', 'pipe', ...inherited] as StdioOptions;
    this.process = spawn(command, args, { stdio }) as unknown as Program['process'];
    const { stdin, stdout, stderr } = this.process;
    // It may end while we write; its exit tells more than our EPIPE.
    stdin.on('error', () => {});
    stdout.on('data', (chunk: Buffer) => {
      this.#out.push(chunk);
      this.#outLength += chunk.length;
    });
    stderr.on('data', (chunk: Buffer) => this.#err.push(chunk));
    this.exit = once(this.process, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
    this.exit.catch(() => {});
    scope.defer(() => this.end());
  }

  get stdout(): Buffer {
    return collapse(this.#out);
  }

  get stderr(): string {
    return collapse(this.#err).toString();
  }

  /** Settles as soon as what it printed, on either side, matches. @throws where it ends without. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(`printing ${pattern}`, () => pattern.exec(this.stdout.toString()) ?? pattern.exec(this.stderr));
  }

  /** Its first `length` bytes of output, once they are there. @throws where it ends before. */
  async reads(length: number): Promise<Buffer> {
    return this.#until(`${length} bytes of output`, () => (this.#outLength >= length ? this.stdout.subarray(0, length) : null));
  }

  /** Ends it, by force where it does not obey. */
  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGTERM');
    const force = setTimeout(() => this.process.kill('SIGKILL'), GRACE);
    await this.exit.catch(() => {});
    clearTimeout(force);
  }

  async #until<T>(what: string, look: () => T | null): Promise<T> {
    const { stdout, stderr } = this.process;
    const isOver = this.exit.then(() => true);
    for (let over = false; ; ) {
      const seen = look();
      if (seen !== null) return seen;
      if (over) throw new Error(`${this.#command} ended without ${what}: ${this.stdout.toString()}${this.stderr}`);
      let heard = (): void => {};
      const more = new Promise<boolean>((resolve) => (heard = () => resolve(false)));
      stdout.once('data', heard);
      stderr.once('data', heard);
      over = await Promise.race([more, isOver]);
      stdout.off('data', heard);
      stderr.off('data', heard);
    }
  }
}

function collapse(chunks: Buffer[]): Buffer {
  if (chunks.length > 1) chunks.splice(0, chunks.length, Buffer.concat(chunks));
  return chunks[0] ?? Buffer.alloc(0);
}
