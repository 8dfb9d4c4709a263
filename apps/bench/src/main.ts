// `pnpm bench [question…] [--check]`, as a process.
import { questions } from './questions.js';
import { run } from './session.js';

const isTerminal = process.stderr.isTTY;

process.exitCode = await run(process.argv.slice(2), questions, {
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
  // One line that is written over on a terminal, and one line each elsewhere.
  progress(what) {
    if (isTerminal) process.stderr.write(`\r\x1b[K${what === undefined ? '' : `  ${what}`}`);
    else if (what !== undefined) process.stderr.write(`  ${what}\n`);
  },
});
