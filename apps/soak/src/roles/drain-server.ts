// The server of a drain: brings its connections into one state, drains, and tells how that went, with what the machine kept
// it from doing in time and what it left behind.
import type { Socket } from 'node:net';
import { createServer, type DrainReport, type TCPOptions, type TCPServer } from '@verb-tcp/core';
import { MessageHandler } from '@verb-tcp/framing-json';
import { encodeMessage } from '@verb-tcp/socket/message';
import { openHandles } from '@verb-tcp/testing';
import type { Certificate } from '../certificate.js';
import { HOST } from '../dial.js';
import { payloadOf, type DrainState } from '../drain-states.js';
import { HeldUp } from '../held-up.js';
import { until } from '../until.js';

export interface DrainTrial {
  state: DrainState;
  count: number;
  gracePeriod: number;
  certificate?: Certificate | undefined;
}

export interface DrainOutcome {
  report: DrainReport;
  /** Open when it began. */
  open: number;
  accepted: number;
  refusedByCode: Record<string, number>;
  /** Bytes written before it, to all connections. */
  written: number;
  /** Whole messages that came in, before it or during it. */
  messages: number;
  /** Milliseconds between the deadline and the end in which the machine kept this process from running. */
  heldUp: number;
  /** Milliseconds of CPU that this process used between the deadline and the end. */
  used: number;
  /** Handles left, by name. */
  leaked: string[];
}

export interface DrainServer {
  listen(trial: DrainTrial): Promise<number>;
  /** Settles when all connections are in their state, and drains. While others connect, it drains when half are in. */
  drain(): Promise<DrainOutcome>;
}

/** Not what ends a handshake, or a connection, here. */
const LATER = 600_000;

/** One trial behind the other. */
export function drainServer(_settings: object): DrainServer {
  let trial: Trial | undefined;
  return {
    listen(settings) {
      trial = new Trial(settings);
      return trial.listen();
    },
    drain: () => (trial as Trial).drain(),
  };
}

class Trial {
  readonly #settings: DrainTrial;
  readonly #handles = openHandles({ closeTimeout: 5000 });
  readonly #heldUp = new HeldUp();
  readonly #server: TCPServer;
  readonly #payload: Buffer;
  #served = 0;
  #messages = 0;
  #open = 0;
  #beganAt = 0;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #usedBefore: NodeJS.CpuUsage | undefined;
  #draining: Promise<DrainReport> | undefined;

  constructor(settings: DrainTrial) {
    this.#settings = settings;
    this.#payload = payloadOf(settings.state);
    this.#server = createServer().withOptions({
      host: HOST,
      tcp: {
        ...gatesOf(settings),
        maxConnections: Infinity,
        handshakeTimeout: LATER,
        writeStallTimeout: LATER,
        onConnection: (socket) => this.#onConnection(socket),
      },
    });
  }

  async listen(): Promise<number> {
    return (await this.#server.listen(0)).port;
  }

  async drain(): Promise<DrainOutcome> {
    const { state, gracePeriod } = this.#settings;
    await until(() => this.#isReady(), () => `all are ${state}: ${JSON.stringify(this.#server.stats())}`);
    const report = await this.#begin();
    const heldUp = this.#heldUp.since(this.#beganAt + gracePeriod);
    clearTimeout(this.#deadlineTimer);
    const { user, system } = process.cpuUsage(this.#usedBefore);
    const used = this.#usedBefore === undefined ? 0 : (user + system) / 1000;
    this.#heldUp[Symbol.dispose]();
    await this.#handles.expectNone().catch(() => {});
    const { accepted, refusedByCode } = this.#server.stats();
    const written = state === 'mid-message' ? 0 : accepted * this.#payload.length;
    const leaked = this.#handles.leaked();
    return { report, open: this.#open, accepted, refusedByCode, written, messages: this.#messages, heldUp, used, leaked };
  }

  #onConnection(socket: Socket): void {
    const { state, count } = this.#settings;
    this.#served++;
    if (state === 'mid-message') {
      const handler = new MessageHandler(socket, { messageTimeout: LATER });
      handler.on('message', (message) => {
        this.#messages++;
        handler.sendMessage(message);
      });
      return;
    }
    socket.write(this.#payload);
    socket.resume();
    if (state === 'connecting' && this.#served === Math.ceil(count / 2)) void this.#begin();
  }

  #isReady(): boolean {
    const { state, count } = this.#settings;
    const { open, handshaking } = this.#server.stats();
    if (state === 'connecting') return this.#draining !== undefined;
    if (state === 'in handshake') return handshaking === count;
    // Of a message, a part has come in from everybody.
    return open === count && (state !== 'mid-message' || [...this.#server.connections].every(({ bytesRead }) => bytesRead > 0));
  }

  #begin(): Promise<DrainReport> {
    if (this.#draining === undefined) {
      this.#open = this.#server.stats().open;
      this.#beganAt = performance.now();
      const { state, gracePeriod } = this.#settings;
      this.#deadlineTimer = setTimeout(() => (this.#usedBefore = process.cpuUsage()), gracePeriod);
      // With a notice peers have time to finish what they began.
      const notice = state === 'mid-message' ? encodeMessage({ type: 'server_shutdown' }) : undefined;
      this.#draining = this.#server.shutdown({ gracePeriod, notice });
    }
    return this.#draining;
  }
}

function gatesOf({ state, certificate }: DrainTrial): TCPOptions {
  if (certificate !== undefined) return { tls: certificate };
  return state === 'in handshake' ? { proxyProtocol: 'v1', trustedProxies: [HOST] } : {};
}
