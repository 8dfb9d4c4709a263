import JsonSocket from 'json-socket';
import { drained, type MessagePeer } from '../peer.js';

export const jsonSocket: MessagePeer = {
  settings: 'new JsonSocket(socket), sendMessage, on message',
  package: 'json-socket',
  sender(socket) {
    const json = new JsonSocket(socket);
    return {
      send(message) {
        json.sendMessage(message);
        return !socket.writableNeedDrain;
      },
      drained: () => drained(socket),
    };
  },
  receiver(socket, onMessage) {
    new JsonSocket(socket).on('message', onMessage);
  },
};
