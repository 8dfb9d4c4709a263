// CPU time to send messages, block after block in turn with `JSON.stringify` of the same messages alone: one process,
// so both meet the same heap and the same moment of the machine. Another process takes the bytes.
import { dial } from '../loopback.js';
import { messagesOf, type Message } from '../payload.js';
import { sendInTurns } from '../peer.js';
import { peers, type PeerName } from '../peers.js';

const RING = 1024;

/** Microseconds of CPU for each message, of each block. */
export interface SendingCost {
  sendMicros: number[];
  stringifyMicros: number[];
  bytesSent: number;
}

export async function sendingCost(
  settings: { peer: PeerName; port: number; bytes: number; messages: number; blocks: number; perTurn: number },
  ready: (value: undefined) => void,
): Promise<SendingCost> {
  const { messages, blocks, perTurn } = settings;
  const ring = messagesOf(settings.bytes, RING);
  const socket = await dial(settings.port);
  const sender = peers[settings.peer].sender(socket);
  ready(undefined);
  const sendMicros: number[] = [];
  const stringifyMicros: number[] = [];
  // The first block of each is the warm-up.
  for (let block = 0; block <= blocks; block++) {
    const stringify = await cpuMicros(async () => stringifyAll(ring, messages));
    const send = await cpuMicros(async () => {
      await sendInTurns(sender, ring, messages, perTurn);
      if (socket.writableLength > 0) await flushed(socket);
    });
    if (block === 0) continue;
    stringifyMicros.push(stringify / messages);
    sendMicros.push(send / messages);
  }
  await new Promise<void>((resolve) => socket.end(resolve));
  return { sendMicros, stringifyMicros, bytesSent: socket.bytesWritten };
}

function stringifyAll(ring: readonly Message[], messages: number): void {
  let length = 0;
  for (let n = 0; n < messages; n++) length += JSON.stringify(ring[n % ring.length]).length;
  if (length === 0) throw new Error('nothing was stringified');
}

async function cpuMicros(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function flushed(socket: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => socket.write('', () => resolve()));
}
