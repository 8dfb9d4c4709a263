// A log that a test can wait on.
import { EventEmitter, once } from 'node:events';
import type { Log } from '../src/log.js';

export class TestLog extends EventEmitter implements Log {
  readonly lines: string[] = [];

  info(line: string): void {
    this.lines.push(line);
    this.emit('line');
  }

  error(line: string): void {
    this.info(line);
  }

  /** Settles as soon as some line matches. */
  async has(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.lines.find((candidate) => pattern.test(candidate));
      if (line !== undefined) return line;
      await once(this, 'line');
    }
  }
}
