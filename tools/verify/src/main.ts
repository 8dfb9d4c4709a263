// `verify <peer>…`, as a process: the checks of the peers that were named, one line each, and a closing count.
import { haproxy } from './peers/haproxy.js';
import { openssl } from './peers/openssl.js';
import { run } from './session.js';

const peers = new Map([haproxy, openssl].map((peer) => [peer.name, peer]));

const names = process.argv.slice(2);
const unknown = names.filter((name) => !peers.has(name));
if (names.length === 0 || unknown.length > 0) {
  console.error(`verify <peer>…; there are: ${[...peers.keys()].join(', ')}${unknown.length > 0 ? `; not: ${unknown.join(', ')}` : ''}`);
  process.exitCode = 2;
} else {
  const asked = names.flatMap((name) => peers.get(name) ?? []);
  // Interrupted, it leaves no program and no key behind; a second time it ends at once.
  const interruption = new AbortController();
  for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.once(signal, () => {
      process.exitCode = 128 + number;
      interruption.abort(new Error(`interrupted by ${signal}`));
    });
  }
  const exitCode = await run(asked, { print: (line) => console.log(line), signal: interruption.signal });
  process.exitCode ??= exitCode;
}
