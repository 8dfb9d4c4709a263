// The floor of a wire with the length in front: no handler, no check, nothing but cork, length and decoder. What is
// between this and framing-json is ours; what is between this and a wire without a length is the wire's.
import { createMessageDecoder, encodeMessage } from '@verb-tcp/socket/message';
import { corkForTurn } from '@verb-tcp/socket/bytes';
import type { Message } from '../payload.js';
import { drained, type MessagePeer } from '../peer.js';

const MAX_MESSAGE_BYTES = 1024 * 1024;

export const wireByHand: MessagePeer = {
  settings: 'the same bytes as framing-json with no handler: the floor of this wire',
  sender: (socket) => ({
    send(message) {
      corkForTurn(socket);
      const json = JSON.stringify(message);
      const frame = `${json.length}\n${json}`;
      // ASCII has as many bytes as characters. Joined before it is counted, the string is put together once only.
      return socket.write(Buffer.byteLength(frame) === frame.length ? frame : encodeMessage(message));
    },
    drained: () => drained(socket),
  }),
  receiver(socket, onMessage) {
    const decoder = createMessageDecoder({ maxMessageBytes: MAX_MESSAGE_BYTES });
    socket.on('data', (chunk) => {
      decoder.push(chunk);
      for (let message; (message = decoder.next()) !== undefined; ) onMessage(message as Message);
    });
  },
};
