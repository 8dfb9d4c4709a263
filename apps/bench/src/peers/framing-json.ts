import { MessageHandler } from '@verb-tcp/framing-json';
import type { Message } from '../payload.js';
import { drained, type MessagePeer } from '../peer.js';

export const framingJson: MessagePeer = {
  settings: 'new MessageHandler(socket), sendMessage, on message; defaults',
  sender(socket) {
    const handler = new MessageHandler(socket);
    return { send: (message) => handler.sendMessage(message), drained: () => drained(socket) };
  },
  receiver(socket, onMessage) {
    new MessageHandler<Message>(socket).on('message', onMessage);
  },
};
