// A program of the demo as a child process, run from its source, with its output collected.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const sources = { start: '../src/main.ts', chat: '../src/clients/chat.ts' } as const;

/** The command line that runs `start` or `chat` without a build. */
export function commandOf(program: keyof typeof sources, ...words: string[]): string[] {
  const file = fileURLToPath(new URL(sources[program], import.meta.url));
  return [process.execPath, '--conditions=verb-tcp-source', '--import', 'tsx', file, ...words];
}

export interface ProgramOptions {
  readonly environment?: Record<string, string>;
  /** A channel to us, as a runner has it. */
  readonly hasChannel?: boolean;
}

export class Program implements AsyncDisposable {
  readonly process: ChildProcess & { stdin: Writable; stdout: Readable; stderr: Readable };
  /** The exit code, once it has ended and all it printed is here. */
  readonly exit: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(program: keyof typeof sources, words: readonly string[], { environment, hasChannel }: ProgramOptions = {}) {
    const [file = '', ...rest] = commandOf(program, ...words);
    const { PATH = '', HOME = '' } = process.env;
    const pipes: StdioOptions = ['pipe', 'pipe', 'pipe'];
    this.process = spawn(file, rest, {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { PATH, HOME, ...environment },
      stdio: hasChannel === true ? [...pipes, 'ipc'] : pipes,
    }) as Program['process'];
    const { stdin, stdout, stderr } = this.process;
    stdin.on('error', () => {});
    stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    // Its `'close'` does not come once we have disconnected the channel.
    const ended = [once(this.process, 'exit'), once(stdout, 'close'), once(stderr, 'close')];
    this.exit = Promise.all(ended).then(([exit]) => exit?.[0] as number | null);
  }

  /** Settles as soon as the output matches. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match;
      const more = new Promise<boolean>((resolve) => {
        this.process.stdout.once('data', () => resolve(true));
        this.process.stderr.once('data', () => resolve(true));
      });
      const isOver = !(await Promise.race([more, this.exit.then(() => false)]));
      if (isOver) throw new Error(`ended without ${pattern}:\n${this.stdout}\n${this.stderr}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exit;
  }
}

/** The servers on free ports, once they listen. */
export async function startServers(options?: ProgramOptions): Promise<Program & Record<'echoPort' | 'chatPort' | 'binaryPort', number>> {
  const program = new Program('start', ['--port', '0', '--host', '127.0.0.1'], options);
  await program.prints(/Ctrl-C stops them/);
  const [, echoPort] = await program.prints(/TCP server listening on port (\d+)/);
  const [, chatPort] = await program.prints(/nc localhost (\d+)\n +By hand/);
  const [, binaryPort] = await program.prints(/nc -q1 localhost (\d+)/);
  return Object.assign(program, { echoPort: Number(echoPort), chatPort: Number(chatPort), binaryPort: Number(binaryPort) });
}
