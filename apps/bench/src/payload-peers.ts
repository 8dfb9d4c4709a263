// The ways to bring payloads of bytes over a socket, side by side, each used the way its own documentation shows.
import type { Socket } from 'node:net';
import { BinaryProtocolHandler, createDecoder, encodeFrame } from '@verb-tcp/framing-binary';
import { corkForTurn } from '@verb-tcp/socket/bytes';
import { decode, encode } from 'length-prefixed-stream';
import { drained } from './peer.js';

const DATA = 0x10;

export interface PayloadSender {
  /** `false`: enough for now, go on after `drained`. */
  send(payload: Buffer): boolean;
  drained(): Promise<void>;
}

export interface PayloadPeer {
  /** As the table shows it. */
  settings: string;
  /** The npm name, where it is not of this repository. */
  package?: string;
  /** What comes out is what went in; else only the bytes are the same. */
  isFramed: boolean;
  sender(socket: Socket): PayloadSender;
  receiver(socket: Socket, onPayload: (payload: Buffer) => void): void;
}

const framingBinary: PayloadPeer = {
  settings: 'sendBinaryMessage(0x10, payload), on data; defaults',
  isFramed: true,
  sender(socket) {
    const handler = new BinaryProtocolHandler(socket);
    return { send: (payload) => handler.sendBinaryMessage(DATA, payload), drained: () => drained(socket) };
  },
  receiver(socket, onPayload) {
    new BinaryProtocolHandler(socket).on('data', ({ payload }) => onPayload(payload));
  },
};

const wireByHand: PayloadPeer = {
  settings: 'the same bytes with no handler: cork, encodeFrame, createDecoder',
  isFramed: true,
  sender: (socket) => ({
    send(payload) {
      corkForTurn(socket);
      return socket.write(encodeFrame(DATA, payload));
    },
    drained: () => drained(socket),
  }),
  receiver(socket, onPayload) {
    const decoder = createDecoder();
    socket.on('data', (chunk) => {
      decoder.push(chunk);
      for (let message = decoder.next(); message !== undefined; message = decoder.next()) onPayload(message.payload);
    });
  },
};

const lengthPrefixedStream: PayloadPeer = {
  settings: 'encode().pipe(socket), pipe(decode())',
  package: 'length-prefixed-stream',
  isFramed: true,
  sender(socket) {
    const encoder = encode();
    encoder.pipe(socket);
    return { send: (payload) => encoder.write(payload), drained: () => drained(encoder) };
  },
  receiver(socket, onPayload) {
    socket.pipe(decode()).on('data', onPayload);
  },
};

const net: PayloadPeer = {
  settings: 'write(payload), on data; no framing',
  isFramed: false,
  sender: (socket) => ({ send: (payload) => socket.write(payload), drained: () => drained(socket) }),
  receiver: (socket, onPayload) => void socket.on('data', onPayload),
};

/** The floor of every framing that gives payloads in one piece: one that lies in two reads has to be copied once. */
const netCopied: PayloadPeer = {
  ...net,
  settings: 'the same, each read copied once to fresh memory',
  receiver(socket, onPayload) {
    socket.on('data', (chunk) => {
      const copy = Buffer.allocUnsafeSlow(chunk.length);
      chunk.copy(copy);
      onPayload(copy);
    });
  },
};

export const payloadPeers = {
  'framing-binary': framingBinary,
  'its wire by hand': wireByHand,
  'length-prefixed-stream': lengthPrefixedStream,
  'net': net,
  'net, copied': netCopied,
} as const satisfies Record<string, PayloadPeer>;

export type PayloadPeerName = keyof typeof payloadPeers;
