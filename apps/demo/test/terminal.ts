// A person at a terminal: types, looks at the screen, waits for what should appear. The program runs in a real pseudo
// terminal (in-terminal.py); what it prints is drawn by an emulator, so tests see the screen and not escape sequences.
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';

const PATIENCE = 15_000;
const ptyScript = fileURLToPath(new URL('in-terminal.py', import.meta.url));

export const keys = { enter: '\r', controlC: '\x03', controlD: '\x04', tab: '\t', left: '\x1b[D' } as const;

/** Why no terminal can be had here, or `undefined`. */
export function missingPrograms(...names: string[]): string | undefined {
  const missing = ['python3', ...names].filter((name) => spawnSync('which', [name]).status !== 0);
  return missing.length === 0 ? undefined : `not installed here: ${missing.join(', ')}`;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly environment?: Record<string, string>;
}

interface Waiter {
  /** Settles it where what is waited for is there. */
  readonly isDone: () => boolean;
  readonly fail: () => void;
}

export class Terminal implements AsyncDisposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #display: InstanceType<typeof xterm.Terminal>;
  readonly #waiters = new Set<Waiter>();
  readonly #exit: Promise<number>;
  #hasEnded = false;

  constructor(command: readonly string[], { columns = 80, rows = 40, environment }: TerminalOptions = {}) {
    this.#display = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
    const { PATH = '', HOME = '' } = process.env;
    this.#process = spawn('python3', [ptyScript, String(columns), String(rows), ...command], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { PATH, HOME, TERM: 'xterm-256color', LANG: 'C.UTF-8', ...environment },
    });
    this.#process.stdout.on('data', (data: Buffer) => this.#display.write(data, () => this.#look()));
    this.#process.stderr.on('data', (data: Buffer) => this.#display.write(data, () => this.#look()));
    this.#process.stdin.on('error', () => {});
    this.#exit = once(this.#process, 'close').then(async ([code]) => {
      // What was printed last is drawn behind an empty write.
      await new Promise<void>((resolve) => this.#display.write('', resolve));
      this.#hasEnded = true;
      this.#look();
      return code as number;
    });
  }

  /** The exit code, once the program has ended. */
  get exit(): Promise<number> {
    return this.#exit;
  }

  type(text: string): void {
    this.#process.stdin.write(text);
  }

  /** All lines ever shown, rows that belong together joined, without the blank rest of each. */
  screen(): string {
    const { active } = this.#display.buffer;
    const lines: string[] = [];
    for (let row = 0; row < active.length; row++) {
      const line = active.getLine(row);
      const isContinued = active.getLine(row + 1)?.isWrapped ?? false;
      const text = line?.translateToString(!isContinued) ?? '';
      if (line?.isWrapped === true) lines.push((lines.pop() ?? '') + text);
      else lines.push(text);
    }
    return lines.join('\n').trimEnd();
  }

  /** The line that the cursor is in, and its place in it. */
  cursorLine(): { text: string; column: number } {
    const { active } = this.#display.buffer;
    const text = active.getLine(active.baseY + active.cursorY)?.translateToString(true) ?? '';
    return { text, column: active.cursorX };
  }

  /** Settles as soon as the screen shows `pattern`; rejects, with the screen, once that cannot come any more. */
  shows(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#until(() => pattern.exec(this.screen()) ?? undefined, `showed ${pattern}`);
  }

  /** The same for the cursor, which may come to its place after the text is there. */
  async hasCursorAt(text: string, column: number): Promise<void> {
    await this.#until(() => {
      const line = this.cursorLine();
      return line.text === text && line.column === column ? line : undefined;
    }, `had the cursor at ${column} of ${JSON.stringify(text)}`);
  }

  #until<T>(find: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        this.#waiters.delete(waiter);
        clearTimeout(timer);
        reject(new Error(`never ${what}. The screen:\n${this.screen()}`));
      };
      const timer = setTimeout(fail, PATIENCE);
      const isDone = (): boolean => {
        const found = find();
        if (found === undefined) return false;
        clearTimeout(timer);
        resolve(found);
        return true;
      };
      const waiter: Waiter = { isDone, fail };
      this.#waiters.add(waiter);
      this.#look();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#exit;
    this.#display.dispose();
  }

  #look(): void {
    for (const waiter of this.#waiters) {
      if (waiter.isDone()) this.#waiters.delete(waiter);
      else if (this.#hasEnded) waiter.fail();
    }
  }
}
