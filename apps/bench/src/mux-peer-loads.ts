// The ways to carry streams over a connection, each loaded by itself: a child plays one of them, and all together would take
// half a second of every start.
import type { MuxPeer } from './mux-peer.js';
import type { MuxPeerName } from './mux-peers.js';

const loads: Record<MuxPeerName, () => Promise<MuxPeer>> = {
  net: async () => (await import('./mux-peers/net.js')).net,
  mux: async () => (await import('./mux-peers/mux.js')).mux,
  http2: async () => (await import('./mux-peers/http2.js')).http2,
  'libp2p-yamux': async () => (await import('./mux-peers/libp2p-yamux.js')).libp2pYamux,
  multiplex: async () => (await import('./mux-peers/multiplex.js')).multiplex,
};

export function loadMuxPeer(name: MuxPeerName): Promise<MuxPeer> {
  return loads[name]();
}
