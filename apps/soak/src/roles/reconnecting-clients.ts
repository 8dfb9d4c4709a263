// Clients that stay connected by `reconnecting`, and the times at which each of them dialled.
import { connect, reconnecting, type ReconnectOptions } from '@verb-tcp/core';
import { HOST } from '../dial.js';
import { HeldUp } from '../held-up.js';
import { until } from '../until.js';

export interface Dials {
  /** Of all clients together, in windows of so many milliseconds since `mark`. */
  counts: number[];
  /** Milliseconds in each window in which the machine kept this process from running: so late may dials be. */
  heldUp: number[];
}

export interface ReconnectingClients {
  start(port: number, count: number, options: ReconnectOptions): void;
  /** Settles when so many are connected. */
  connected(count: number): Promise<void>;
  /** Now is 0 for the times of dials; earlier ones are forgotten. */
  mark(): void;
  dials(width: number): Dials;
  /** Ends the series. */
  stop(): void;
}

export function reconnectingClients(_settings: object): ReconnectingClients {
  const aborts: AbortController[] = [];
  let markedAt = performance.now();
  let at: number[] = [];
  let up = 0;
  const heldUp = new HeldUp();

  const live = async (port: number, options: ReconnectOptions): Promise<void> => {
    // One for each, as for clients that have nothing to do with each other: a signal with a thousand listeners is slow.
    const abort = new AbortController();
    aborts.push(abort);
    const dial = () => {
      at.push(performance.now() - markedAt);
      return connect({ port, host: HOST });
    };
    for await (const socket of reconnecting(dial, { ...options, signal: abort.signal })) {
      up++;
      socket.resume();
      socket.once('close', () => up--);
    }
  };

  return {
    start(port, count, options) {
      for (let client = 0; client < count; client++) void live(port, options);
    },
    connected: (count) => until(() => up === count, () => `${count} are connected, ${up} are`),
    mark() {
      markedAt = performance.now();
      at = [];
    },
    dials(width) {
      const counts = Array.from({ length: Math.ceil((performance.now() - markedAt) / width) }, () => 0);
      for (const time of at) counts[Math.floor(time / width)] = (counts[Math.floor(time / width)] ?? 0) + 1;
      return { counts, heldUp: heldUp.inWindows(markedAt, width, counts.length) };
    },
    stop() {
      for (const abort of aborts) abort.abort();
      heldUp[Symbol.dispose]();
    },
  };
}
