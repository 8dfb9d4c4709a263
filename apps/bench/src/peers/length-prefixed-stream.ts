import { decode, encode } from 'length-prefixed-stream';
import { drained, type MessagePeer } from '../peer.js';

export const lengthPrefixedStream: MessagePeer = {
  settings: 'encode().pipe(socket), pipe(decode()), JSON.stringify and JSON.parse around',
  package: 'length-prefixed-stream',
  sender(socket) {
    const encoder = encode();
    encoder.pipe(socket);
    return { send: (message) => encoder.write(JSON.stringify(message)), drained: () => drained(encoder) };
  },
  receiver(socket, onMessage) {
    socket.pipe(decode()).on('data', (bytes: Buffer) => onMessage(JSON.parse(bytes.toString())));
  },
};
