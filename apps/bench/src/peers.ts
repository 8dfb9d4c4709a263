// The message protocols side by side, each used the way its own documentation shows.
import type { MessagePeer } from './peer.js';
import { framingJson } from './peers/framing-json.js';
import { jsonSocket } from './peers/json-socket.js';
import { lengthPrefixedStream } from './peers/length-prefixed-stream.js';
import { split2, split2Corked } from './peers/split2.js';
import { vscodeJsonrpc } from './peers/vscode-jsonrpc.js';
import { wireByHand } from './peers/wire-by-hand.js';

export const peers = {
  'framing-json': framingJson,
  'wire by hand': wireByHand,
  'split2': split2,
  'split2 corked': split2Corked,
  'json-socket': jsonSocket,
  'length-prefixed-stream': lengthPrefixedStream,
  'vscode-jsonrpc': vscodeJsonrpc,
} as const satisfies Record<string, MessagePeer>;

export type PeerName = keyof typeof peers;
export const peerNames = Object.keys(peers) as PeerName[];
