// The accepting side of streams, whatever carries them: takes every connection on a free port and tells of each stream.
import { listen } from './loopback.js';
import { loadMuxPeer } from './mux-peer-loads.js';
import type { MuxPeerName } from './mux-peers.js';
import type { MuxStream } from './mux-peer.js';

export interface MuxHost {
  port: number;
  /** Settles when no connection is left and none is to come. */
  empty: Promise<void>;
}

/** `isLast` tells, when no connection is left, if that was all: a contender may have one for each stream. */
export async function hostStreams(
  name: MuxPeerName,
  onStream: (stream: MuxStream) => void,
  isLast: () => boolean = () => true,
): Promise<MuxHost> {
  const contender = await loadMuxPeer(name);
  const listener = await listen();
  let open = 0;
  let leave: () => void = () => {};
  const empty = new Promise<void>((resolve) => (leave = resolve));
  const accept = async (): Promise<never> => {
    for (;;) {
      const socket = await listener.accept();
      open++;
      socket.once('close', () => {
        if (--open === 0 && isLast()) leave();
      });
      contender.accept(socket, onStream);
    }
  };
  accept().catch((error: unknown) => queueMicrotask(() => { throw error; }));
  return { port: listener.port, empty };
}
