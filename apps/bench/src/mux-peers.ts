// The ways to carry streams over a connection, side by side.
import type { MuxPeer } from './mux-peer.js';
import { http2 } from './mux-peers/http2.js';
import { libp2pYamux } from './mux-peers/libp2p-yamux.js';
import { multiplex } from './mux-peers/multiplex.js';
import { mux } from './mux-peers/mux.js';
import { net } from './mux-peers/net.js';

export const muxPeers = {
  net,
  mux,
  http2,
  'libp2p-yamux': libp2pYamux,
  multiplex,
} as const satisfies Record<string, MuxPeer>;

export type MuxPeerName = keyof typeof muxPeers;
export const muxPeerNames = Object.keys(muxPeers) as MuxPeerName[];
