// The ways to carry streams over a connection, side by side.
import type { MuxPeer } from './mux-peer.js';
import { http2 } from './mux-peers/http2.js';
import { libp2pYamux } from './mux-peers/libp2p-yamux.js';
import { multiplex } from './mux-peers/multiplex.js';
import { mux } from './mux-peers/mux.js';
import { net } from './mux-peers/net.js';
import type { Scale } from './question.js';

export const muxPeers = {
  net,
  mux,
  http2,
  'libp2p-yamux': libp2pYamux,
  multiplex,
} as const satisfies Record<string, MuxPeer>;

export type MuxPeerName = keyof typeof muxPeers;
export const muxPeerNames = Object.keys(muxPeers) as MuxPeerName[];

/** Those whom a bar names. */
const JUDGED: readonly MuxPeerName[] = ['net', 'mux', 'http2'];

/**
 * Who is asked at this scale. Below a tenth of the work figures say nothing: then it is only whom a bar names, for starting the
 * others' processes takes longer than all they do. That each of them works `mux-peers.test.ts` shows.
 */
export function muxPeersAt(scale: Scale): readonly MuxPeerName[] {
  return scale.work < 0.1 ? JUDGED : muxPeerNames;
}
