// The terminal: a line that is being typed at the bottom, and everything else above it. What is half typed stays, with
// its cursor, whenever a line arrives.
import { clearScreenDown, createInterface, cursorTo, moveCursor, type Interface } from 'node:readline';
import { styleText } from 'node:util';
import type { Environment } from '../flags.js';
import { complete } from './chat-commands.js';
import type { Line } from './chat-lines.js';

export interface ChatScreenOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly isColoured: boolean;
  readonly onLine: (text: string) => void;
  /** Ctrl-C, Ctrl-D, or the terminal went away. Once. */
  readonly onQuit: () => void;
  /** Names to complete. */
  readonly names: () => readonly string[];
}

const styles = { private: 'magenta', news: 'cyan', trouble: 'red' } as const;

/** https://no-color.org: set to anything but nothing. */
export function wantsColours(environment: Environment): boolean {
  return !environment['NO_COLOR'];
}

export class ChatScreen {
  readonly #output: NodeJS.WritableStream;
  readonly #isColoured: boolean;
  readonly #editor: Interface;
  #isOpen = true;

  constructor({ input, output, isColoured, onLine, onQuit, names }: ChatScreenOptions) {
    this.#output = output;
    this.#isColoured = isColoured;
    this.#editor = createInterface({
      input,
      output,
      terminal: true,
      prompt: '> ',
      completer: (text: string) => complete(text, names()),
    });
    this.#editor.on('line', (text) => {
      onLine(text);
      // Behind what `giveBack` put there.
      if (this.#isOpen) this.#editor.prompt(true);
    });
    this.#editor.on('SIGINT', () => this.#editor.close());
    this.#editor.on('close', () => {
      this.#isOpen = false;
      output.write('\n');
      onQuit();
    });
    this.#editor.prompt();
  }

  /** What stands before the line being typed. */
  setPrompt(name: string): void {
    this.#editor.setPrompt(`${name}> `);
    if (this.#isOpen) this.#editor.prompt(true);
  }

  /** Prints a line above the one being typed. */
  show(line: Line): void {
    const text = this.#paint(line);
    if (!this.#isOpen) {
      this.#output.write(`${text}\n`);
      return;
    }
    const { rows } = this.#editor.getCursorPos();
    moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    // Before it draws, `prompt` goes up by the row that it believes the cursor to be in, and after a paste it is wrong.
    const { prevRows = rows } = this.#editor as { prevRows?: number };
    this.#output.write(`${text}\n${'\n'.repeat(prevRows)}`);
    this.#editor.prompt(true);
  }

  /** Puts text back onto the line, for another try. */
  giveBack(text: string): void {
    if (this.#isOpen) this.#editor.write(text);
  }

  close(): void {
    if (this.#isOpen) this.#editor.close();
  }

  #paint({ kind, text }: Line): string {
    return this.#isColoured && kind !== 'speech' ? styleText(styles[kind], text, { validateStream: false }) : text;
  }
}
