// `verify <peer>…`, as a process: the checks of the peers that were named, one line each, and a closing count.
import { haproxy } from './peers/haproxy.js';
import { openssl } from './peers/openssl.js';
import { Scope } from './scope.js';
import { run } from './session.js';

const peers = new Map([haproxy, openssl].map((peer) => [peer.name, peer]));

// Interrupted, it leaves no program and no key behind.
for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
  process.once(signal, () => {
    void Promise.allSettled(Array.from(Scope.open, (scope) => scope.close())).then(() => process.exit(128 + number));
  });
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !peers.has(name));
if (names.length === 0 || unknown.length > 0) {
  console.error(`verify <peer>…; there are: ${[...peers.keys()].join(', ')}${unknown.length > 0 ? `; not: ${unknown.join(', ')}` : ''}`);
  process.exitCode = 2;
} else {
  const asked = names.flatMap((name) => peers.get(name) ?? []);
  process.exitCode = await run(asked, { print: (line) => console.log(line) });
}
