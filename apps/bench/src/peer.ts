// What a contender for sending messages must be able to do, and the two things every one of them does alike.
import type { Socket } from 'node:net';
import type { Message } from './payload.js';

export interface Sender {
  /** `false`: enough for now, go on after `drained`. */
  send(message: Message): boolean;
  drained(): Promise<void>;
}

export interface MessagePeer {
  /** As the table shows it: the calls and options that its documentation recommends. */
  settings: string;
  /** The npm name, where it is not of this repository. */
  package?: string;
  sender(socket: Socket): Sender;
  receiver(socket: Socket, onMessage: (message: Message) => void): void;
}

interface Drains {
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
}

/** Settles at `'drain'`, and rejects where it can never come. */
export function drained(stream: Drains): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = (): void => {
      stream.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      stream.off('drain', onDrain);
      reject(new Error('closed while waiting for drain'));
    };
    stream.once('drain', onDrain);
    stream.once('close', onClose);
  });
}

/** Sends `count` messages out of the ring, so many in a turn of the event loop, and never past a `false`. */
export async function sendInTurns(sender: Sender, ring: readonly Message[], count: number, perTurn: number): Promise<void> {
  let sent = 0;
  while (sent < count) {
    const turnEnd = Math.min(sent + perTurn, count);
    let more = true;
    while (more && sent < turnEnd) more = sender.send(ring[sent++ % ring.length] as Message);
    await (more ? nextTurn() : sender.drained());
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
