import type { Socket } from 'node:net';
import split from 'split2';
import type { Message } from '../payload.js';
import { drained, type MessagePeer } from '../peer.js';

function receiver(socket: Socket, onMessage: (message: Message) => void): void {
  socket.pipe(split(JSON.parse)).on('data', onMessage);
}

export const split2: MessagePeer = {
  settings: 'write(JSON.stringify(m) + "\\n"), pipe(split2(JSON.parse))',
  package: 'split2',
  receiver,
  sender: (socket) => ({
    send: (message) => socket.write(`${JSON.stringify(message)}\n`),
    drained: () => drained(socket),
  }),
};

/** The same receiver behind a sender that gathers a turn of the event loop, as framing-json does by itself. */
export const split2Corked: MessagePeer = {
  settings: 'the same, sender: cork(), process.nextTick(uncork)',
  package: 'split2',
  receiver,
  sender(socket) {
    let isCorked = false;
    const endTurn = (): void => {
      isCorked = false;
      socket.uncork();
    };
    return {
      send(message) {
        if (!isCorked) {
          isCorked = true;
          socket.cork();
          process.nextTick(endTurn);
        }
        return socket.write(`${JSON.stringify(message)}\n`);
      },
      drained: () => drained(socket),
    };
  },
};
