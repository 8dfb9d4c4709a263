// Counts the objects that idle streams consist of, between a few of them and many, both ends in this one process.
import { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { dial } from '../loopback.js';
import { ObjectCount } from '../memory.js';
import { hostStreams } from '../mux-host.js';
import { loadMuxPeer } from '../mux-peer-loads.js';
import type { MuxPeerName } from '../mux-peers.js';
import type { MuxStream } from '../mux-peer.js';

/** Until acknowledgements and grants are over, and timers of the beginning too. */
const QUIET_MS = 200;

export async function idleStreams(
  settings: { peer: MuxPeerName | 'duplex'; few: number; streams: number },
  ready: (value: undefined) => void,
): Promise<{ bytesPerEnd: number }> {
  const { peer, few, streams } = settings;
  ready(undefined);
  const open = await (peer === 'duplex' ? duplexPairs() : streamPairs(peer));
  const held: MuxStream[] = [];
  using count = new ObjectCount();
  for (const many of [few, streams]) {
    while (held.length < many) held.push(await open());
    await pause(QUIET_MS);
    count.take();
  }
  const [ofFew, ofAll] = count.bytes() as [number, number];
  return { bytesPerEnd: (ofAll - ofFew) / (streams - few) / 2 };
}

/** Opens one stream that has carried one byte, as its other end has seen. */
async function streamPairs(peer: MuxPeerName): Promise<() => Promise<MuxStream>> {
  const contender = await loadMuxPeer(peer);
  let come: () => void = () => {};
  const { port } = await hostStreams(peer, (stream) => stream.on('data', () => come()));
  const client = await contender.connect(() => dial(port));
  return async () => {
    const stream = await client.open();
    const hasCome = new Promise<void>((resolve) => (come = resolve));
    stream.write(Buffer.from([1]));
    await hasCome;
    return stream;
  };
}

/** The floor of every contender that gives streams of Node. */
function duplexPairs(): () => Promise<MuxStream> {
  const others: Duplex[] = [];
  const create = (): Duplex => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  return async () => {
    const other = create();
    other.on('data', () => {});
    others.push(other);
    return create();
  };
}
