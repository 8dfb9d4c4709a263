// An echo server of core and framing-json that counts what connections leave behind in its process.
import { createHook, type AsyncHook } from 'node:async_hooks';
import { createServer } from '@verb-tcp/core';
import { MessageHandler } from '@verb-tcp/framing-json';
import { openHandles, type OpenHandles } from '@verb-tcp/testing';
import { HOST } from '../dial.js';
import { until } from '../until.js';

export interface Residue {
  heapBytes: number;
  accepted: number;
  /** Listeners on the process beyond those that were there in the beginning, by event. */
  listeners: string[];
  /** Resources begun since `watch` and not over, by type. */
  resources: string[];
}

export interface LeakServer {
  listen(): Promise<number>;
  /** Settles when so many have come, and all have gone; then what is left of them. */
  settle(accepted: number): Promise<Residue>;
  /** Begins to look at every timer and socket. */
  watch(): void;
  /** Closes the server: the handles that are left. */
  close(): Promise<string[]>;
}

/** Ref'ed or not: the runtime's own list has the ref'ed ones alone. */
const WATCHED = new Set(['Timeout', 'TCPWRAP', 'TCPSERVERWRAP', 'TCPCONNECTWRAP', 'WRITEWRAP', 'SHUTDOWNWRAP']);

export function leakServer(_settings: object): LeakServer {
  const listenersBefore = countListeners();
  const alive = new Map<number, string>();
  let handles: OpenHandles | undefined;
  let hook: AsyncHook | undefined;
  const server = createServer().withOptions({
    host: HOST,
    tcp: {
      onConnection: (socket) => {
        const handler = new MessageHandler(socket);
        handler.on('message', (message) => handler.sendMessage(message));
        handler.on('error', () => {});
      },
    },
  });
  return {
    async listen() {
      handles = openHandles({ closeTimeout: 5000 });
      return (await server.listen(0)).port;
    },
    async settle(accepted) {
      await until(() => server.stats().accepted >= accepted && server.stats().open === 0, () => JSON.stringify(server.stats()));
      await collect();
      const found = countListeners();
      const listeners = Object.keys(found).filter((event) => (found[event] ?? 0) > (listenersBefore[event] ?? 0));
      return { heapBytes: process.memoryUsage().heapUsed, accepted: server.stats().accepted, listeners, resources: [...alive.values()] };
    },
    watch() {
      hook = createHook({
        init: (id, type) => WATCHED.has(type) && alive.set(id, type),
        destroy: (id) => alive.delete(id),
      }).enable();
    },
    async close() {
      hook?.disable();
      await server.close();
      await handles?.expectNone().catch(() => {});
      return handles?.leaked() ?? [];
    },
  };

  /** Resources that are only collected are told so by the collector, some turns later. */
  async function collect(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function countListeners(): Record<string, number> {
  return Object.fromEntries(process.eventNames().map((event) => [String(event), process.listenerCount(event)]));
}
