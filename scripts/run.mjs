// `npm start` and `npm test`: the one door of the repository. It needs Node and npm and nothing installed before, asks
// nothing, and says in one line why it refuses. The tasks are imported behind the version check: a Node too old must be
// able to read this file in order to be refused.
import { readFileSync } from 'node:fs';

const TASKS = { start: './start.mjs', test: './test.mjs' };

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** @param {string} sentence */
function refuse(sentence) {
  console.error(sentence);
  process.exit(1);
}

/**
 * @param {string} version
 * @param {string} floor
 */
function isOlder(version, floor) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = floor.split('.').map(Number);
  return major < floorMajor || (major === floorMajor && minor < floorMinor);
}

const floor = engines.node.replace('>=', '');
if (isOlder(process.versions.node, floor)) {
  refuse(`This needs Node ${floor} or newer; this is Node ${process.versions.node}.`);
}

const [task = '', ...args] = process.argv.slice(2);
const file = new Map(Object.entries(TASKS)).get(task);
if (file === undefined) {
  refuse(`Unknown task ${JSON.stringify(task)}; there are: ${Object.keys(TASKS).join(', ')}.`);
} else {
  import(file)
    .then((module) => module.run(args))
    .then((exitCode) => { process.exitCode = exitCode; })
    .catch((error) => refuse(error.stack));
}
