// `pnpm soak [scenario…] [--minutes n] [--seed n]`, as a process.
import { scenarios } from './scenarios.js';
import { run } from './session.js';

const isTerminal = process.stderr.isTTY;

process.exitCode = await run(process.argv.slice(2), scenarios, {
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
  // One line that is written over on a terminal, and one line each elsewhere.
  progress(what) {
    if (isTerminal) process.stderr.write(`\r\x1b[K${what === undefined ? '' : `  ${what}`}`);
    else if (what !== undefined) process.stderr.write(`  ${what}\n`);
  },
});
