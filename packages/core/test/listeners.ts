// Plain `net.Server`s on their way to listen, and what is left on them.
import type { EventEmitter } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { bind, type BindTarget, type PortTarget } from '../src/bind.js';

const loopback: PortTarget = {
  port: 0,
  host: '127.0.0.1',
  backlog: 511,
  exclusive: false,
  ipv6Only: false,
  reusePort: false,
};

export function onPort(target: Partial<PortTarget> = {}): PortTarget {
  return { ...loopback, ...target };
}

export function onPath(path: string): BindTarget {
  return { path, backlog: 511, exclusive: false };
}

/** Listens, and closes when disposed of. */
export async function bound(target: BindTarget, signal?: AbortSignal): Promise<Server & AsyncDisposable> {
  const listener = createServer();
  await bind(listener, target, signal);
  return listener;
}

/** Leaves what a server leaves that was killed: a socket file that nobody listens on. */
export async function leaveStale(path: string): Promise<void> {
  const listener = await bound(onPath(path));
  const aside = `${path}.aside`;
  // Node removes the file by its name when it closes.
  renameSync(path, aside);
  await listener[Symbol.asyncDispose]();
  renameSync(aside, path);
}

/** How many listeners each event has. */
export function listeners(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]));
}
