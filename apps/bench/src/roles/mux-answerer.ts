// Answers each request on its own stream, and only counts what the bulk stream brings. Until the other side leaves.
import { hostStreams } from '../mux-host.js';
import { loadMuxPeer } from '../mux-peer-loads.js';
import type { MuxPeerName } from '../mux-peers.js';
import { REQUEST_BYTES, answerOf, isRequest } from '../mux-request.js';

export async function muxAnswerer(
  { peer, requests }: { peer: MuxPeerName; requests: number },
  ready: (value: { port: number }) => void,
): Promise<{ answered: number; bulkBytes: number }> {
  const { reply } = await loadMuxPeer(peer);
  let bulkBytes = 0;
  let answered = 0;
  const { port, empty } = await hostStreams(
    peer,
    (stream) => {
      let kind: 'request' | 'bulk' | undefined;
      let received = 0;
      stream.on('data', (chunk) => {
        kind ??= isRequest(chunk.at(0)) ? 'request' : 'bulk';
        received += chunk.byteLength;
        if (kind === 'bulk') bulkBytes += chunk.byteLength;
        else if (received === REQUEST_BYTES) {
          answered++;
          reply(stream, answerOf(bulkBytes));
        }
      });
    },
    () => answered >= requests,
  );
  ready({ port });
  await empty;
  return { answered, bulkBytes };
}
