// The clients of a drain, all in one state. They check every byte that they read, and tell in the end what each has.
import type { Socket } from 'node:net';
import { MessageHandler } from '@verb-tcp/framing-json';
import { encodeMessage } from '@verb-tcp/socket/message';
import { begin, closed, dial } from '../dial.js';
import { CLIENT_HELLO, leavesUnread, payloadOf, PROXY_HEADER, Received, type DrainState } from '../drain-states.js';
import { IN_FLIGHT, ramp } from '../ramp.js';

export interface DrainClientsTrial {
  state: DrainState;
  count: number;
  /** The certificate to trust: speak TLS. */
  ca?: string | undefined;
}

export interface Reception {
  /** Clients that have every byte. */
  whole: number;
  /** Clients that have some of the bytes, all of them right. */
  partial: number;
  /** Clients that never got in. */
  none: number;
  wrong: number;
  bytes: number;
}

export interface DrainClients {
  /** Settles when all are connected; while the server drains, when all have tried. */
  connect(port: number, trial: DrainClientsTrial): Promise<void>;
  /** Those who did not read begin to; those who kept their half open end it. */
  relent(): void;
  /** Settles when all have closed. */
  reception(): Promise<Reception>;
}

interface Client {
  socket: Socket;
  received: Received;
}

/** One trial behind the other. */
export function drainClients(_settings: object): DrainClients {
  let clients: Client[] = [];
  let state: DrainState = 'idle';
  return {
    connect(port, trial) {
      clients = [];
      ({ state } = trial);
      // So many that half of all are in before anybody has gone, and some come when nobody listens any more.
      const inFlight = state === 'connecting' ? Math.ceil(trial.count * 0.75) : IN_FLIGHT;
      return ramp(trial.count, () => join(port, trial, clients), inFlight);
    },
    relent() {
      for (const { socket, received } of clients) {
        if (leavesUnread(state)) socket.on('data', (chunk: Buffer) => received.push(chunk)).resume();
        else socket.end();
      }
    },
    async reception() {
      await Promise.all(clients.map(({ socket }) => closed(socket)));
      return summaryOf(clients.map(({ received }) => received));
    },
  };
}

async function join(port: number, { state, ca }: DrainClientsTrial, clients: Client[]): Promise<void> {
  // In a handshake that never ends, and with a server that is about to go, nobody may wait for a connection.
  const options = { port, ca: state === 'in handshake' ? undefined : ca, allowHalfOpen: state === 'peer half-open' };
  const socket = state === 'connecting' ? begin(options) : await dial(options);
  const received = new Received(state === 'mid-message' ? Buffer.from('ab') : payloadOf(state));
  clients.push({ socket, received });
  if (state === 'mid-message') {
    finishLater(socket, received);
    return;
  }
  if (state === 'in handshake') socket.write(ca === undefined ? PROXY_HEADER.slice(0, 20) : CLIENT_HELLO);
  // Attached later, the listener finds the bytes in the socket and in the system: nobody has read them.
  if (leavesUnread(state)) socket.pause();
  else socket.on('data', (chunk: Buffer) => received.push(chunk));
  if (state === 'connecting') await closed(socket);
}

function summaryOf(all: readonly Received[]): Reception {
  const found: Reception = { whole: 0, partial: 0, none: 0, wrong: 0, bytes: 0 };
  for (const received of all) {
    found.bytes += received.bytes;
    if (received.isWhole) found.whole++;
    else if (!received.isRight) found.wrong++;
    else if (received.bytes > 0) found.partial++;
    else found.none++;
  }
  return found;
}

/**
 * Sends half a message, the other half behind the server's notice, and ends behind the answer. Received is then `a` for the
 * notice and `b` for the answer.
 */
function finishLater(socket: Socket, received: Received): void {
  const bytes = Buffer.from(encodeMessage({ text: 'x'.repeat(1000) }));
  const half = bytes.length >> 1;
  const handler = new MessageHandler(socket);
  handler.on('error', () => {});
  handler.on('message', (message: { type?: string; text?: string }) => {
    received.push(Buffer.from(message.type === 'server_shutdown' ? 'a' : message.text?.length === 1000 ? 'b' : '?'));
    if (message.type === 'server_shutdown') socket.write(bytes.subarray(half));
    else socket.end();
  });
  socket.write(bytes.subarray(0, half));
}
