// The ways of echoing one message that are compared: bare bytes, and messages on top.
import type { Socket } from 'node:net';
import { MessageHandler } from '@verb-tcp/framing-json';
import split from 'split2';
import type { Message } from './payload.js';

export interface EchoWay {
  settings: string;
  serve(socket: Socket): void;
  /** Calls `onEcho` for each message that came back; gives the function that sends one. */
  client(socket: Socket, message: Message, onEcho: () => void): () => void;
}

const raw: EchoWay = {
  settings: 'write(bytes), on data; no JSON at all',
  serve: (socket) => socket.on('data', (bytes) => socket.write(bytes)),
  client(socket, message, onEcho) {
    const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
    let missing = 0;
    socket.on('data', (chunk) => {
      missing -= chunk.length;
      if (missing === 0) onEcho();
    });
    return () => {
      missing = bytes.length;
      socket.write(bytes);
    };
  },
};

const framingJson: EchoWay = {
  settings: 'MessageHandler at both ends, sendMessage(message) from on message',
  serve(socket) {
    const handler = new MessageHandler(socket);
    handler.on('message', (message) => handler.sendMessage(message));
  },
  client(socket, message, onEcho) {
    const handler = new MessageHandler(socket);
    handler.on('message', onEcho);
    return () => handler.sendMessage(message);
  },
};

const split2: EchoWay = {
  settings: 'pipe(split2(JSON.parse)), write(JSON.stringify(m) + "\\n")',
  serve(socket) {
    socket.pipe(split(JSON.parse)).on('data', (message) => socket.write(`${JSON.stringify(message)}\n`));
  },
  client(socket, message, onEcho) {
    socket.pipe(split(JSON.parse)).on('data', onEcho);
    return () => socket.write(`${JSON.stringify(message)}\n`);
  },
};

const rawJson: EchoWay = {
  settings: 'write(JSON.stringify(m)), JSON.parse of the whole chunk: what JSON itself costs, without framing',
  serve(socket) {
    socket.on('data', (bytes) => socket.write(JSON.stringify(JSON.parse(bytes.toString()))));
  },
  client(socket, message, onEcho) {
    socket.on('data', (bytes) => {
      if (JSON.parse(bytes.toString()) !== undefined) onEcho();
    });
    return () => socket.write(JSON.stringify(message));
  },
};

export const echoWays = { 'net': raw, 'net with JSON': rawJson, 'framing-json': framingJson, 'split2': split2 } as const;

export type EchoName = keyof typeof echoWays;
export const echoNames = Object.keys(echoWays) as EchoName[];
