// A program of the demo as a child process, made from its source, with its output collected.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ProgramName } from './build-programs.js';

/** Built before all tests. */
const folder = process.env['DEMO_PROGRAMS'] ?? '';

/** The command line that runs one of them. */
export function commandOf(program: ProgramName, ...words: string[]): string[] {
  return [process.execPath, '--enable-source-maps', join(folder, `${program}.mjs`), ...words];
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

  constructor(program: ProgramName, words: readonly string[], { environment, hasChannel }: ProgramOptions = {}) {
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
type Ports = Record<'echoPort' | 'chatPort' | 'filesPort' | 'binaryPort' | 'muxPort', number>;

export async function startServers(options?: ProgramOptions): Promise<Program & Ports> {
  const program = new Program('start', ['--port', '0', '--host', '127.0.0.1'], options);
  await program.prints(/Ctrl-C stops them/);
  const [, echoPort] = await program.prints(/TCP server listening on port (\d+)/);
  const [, chatPort] = await program.prints(/nc localhost (\d+)\n +By hand/);
  const [, binaryPort] = await program.prints(/nc -q1 localhost (\d+)/);
  const [, filesPort] = await program.prints(/npm run files --.* --port (\d+) put/);
  const [, muxPort] = await program.prints(/npm run mux -- --port (\d+)/);
  return Object.assign(program, {
    echoPort: Number(echoPort),
    chatPort: Number(chatPort),
    filesPort: Number(filesPort),
    binaryPort: Number(binaryPort),
    muxPort: Number(muxPort),
  });
}
