// The way to the server: one connection, or one after the other for as long as somebody wants to chat.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { DemoError } from '../errors.js';
import { printable } from '../printable.js';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const CONNECT_TIMEOUT = 10_000;
const FIRST_DELAY = 250;
const MAX_DELAY = 5000;
/** A connection that lived this many milliseconds was a good one: the next failure is the first again. */
const STABLE_AFTER = 5000;

/**
 * Connects once. `what` is whom it looks for, for the complaint.
 * @throws {DemoError} `ERR_DEMO_AWAY`
 */
export async function dial({ host, port }: ServerAddress, signal?: AbortSignal, what = 'chat server'): Promise<Socket> {
  const timeout = AbortSignal.timeout(CONNECT_TIMEOUT);
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  try {
    await once(socket, 'connect', { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
  } catch (cause) {
    // What is still to come of this attempt interests nobody.
    socket.on('error', () => {});
    socket.destroy();
    throw new DemoError('ERR_DEMO_AWAY', `No ${what} at ${addressText({ host, port })}: ${whyAway(cause)}`, { cause });
  }
  return socket;
}

/**
 * A connection, and a new one each time the one before is lost and the caller comes back for more; waits longer after
 * each failure. Ends when `signal` aborts.
 */
export async function* connections(
  address: ServerAddress,
  signal: AbortSignal,
  onAway: (error: DemoError) => void,
): AsyncGenerator<Socket, void, undefined> {
  let failures = 0;
  while (!signal.aborted) {
    const began = performance.now();
    const outcome = await dial(address, signal).catch((error: DemoError) => error);
    if (signal.aborted) return;
    if (outcome instanceof DemoError) onAway(outcome);
    else yield outcome;
    failures = performance.now() - began >= STABLE_AFTER && !(outcome instanceof DemoError) ? 0 : failures + 1;
    // Rejects only when `signal` aborts, which the loop looks at.
    await wait(delayBefore(failures, Math.random()), undefined, { signal }).catch(() => {});
  }
}

/** Milliseconds to wait after so many failures in a row: doubling, spread so that clients do not come back at once. */
export function delayBefore(failures: number, random: number): number {
  if (failures === 0) return 0;
  const longest = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** (failures - 1));
  return longest * (0.5 + random / 2);
}

export function addressText({ host, port }: ServerAddress): string {
  return printable(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`, 100);
}

function whyAway(error: unknown): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || name === 'TimeoutError') return 'it does not answer';
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'this host is not known';
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'it cannot be reached';
    default:
      return printable(message || code || name, 200);
  }
}
