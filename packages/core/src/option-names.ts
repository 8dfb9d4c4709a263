// Whether every option that a server is given exists: one that does not is a slip of the pen, and taken silently the server
// would run without it.
import { checkObject, handlerNames, settingNames, type ServerOptions } from './options.js';

const outerNames: readonly string[] = ['port', 'host', 'tcp'];
const innerNames: readonly string[] = [...settingNames, ...handlerNames];

/** @throws TypeError that names what there is instead */
export function checkNames(options: ServerOptions): void {
  for (const name of namesIn(options)) {
    if (outerNames.includes(name)) continue;
    throw new TypeError(`there is no option ${name}${innerNames.includes(name) ? `: it belongs into tcp, as tcp.${name}` : suggestion(name)}`);
  }
  if (options.tcp === undefined) return;
  checkObject('tcp', options.tcp);
  for (const name of namesIn(options.tcp)) {
    if (innerNames.includes(name)) continue;
    throw new TypeError(`there is no option tcp.${name}${outerNames.includes(name) ? `: ${name} stands beside tcp` : suggestion(name)}`);
  }
}

/** What is given; an option that is `undefined` is not. */
function namesIn(options: object): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

function suggestion(name: string): string {
  const places = [...outerNames.map((one) => [one, one] as const), ...innerNames.map((one) => [one, `tcp.${one}`] as const)];
  let best = '';
  // More than half wrong is another word.
  let least = Math.floor(name.length / 2) + 1;
  for (const [one, place] of places) {
    const distance = editsBetween(name.toLowerCase(), one.toLowerCase());
    if (distance >= least) continue;
    least = distance;
    best = place;
  }
  return best === '' ? '' : `: did you mean ${best}?`;
}

/** How many letters must be added, taken or changed to make `to` of `from` (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
