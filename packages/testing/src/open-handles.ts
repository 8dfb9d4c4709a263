// What keeps a process alive, by name: a snapshot, and later what is there that was not. Sockets, servers and timers are
// told apart one by one, the rest is counted by kind. It reads Node's own lists and changes nothing.
import { resolveOpenHandlesOptions, type OpenHandlesOptions } from './fault-options.js';
import { TestingError } from './errors.js';
import { TimerWatch } from './timer-watch.js';

/** Kept from before any fake clock: handles close in real time. */
const onTimeout = setTimeout;
const clock = performance;

/** Handles close a turn or two after `close`; so often is looked again. */
const LOOK_EVERY_MILLISECONDS = 5;

/** See `openHandles`. */
export interface OpenHandles {
  /** What is open now and was not at the snapshot, one line each: `TCP server 127.0.0.1:8080`, `timer of 50 ms started at …`… */
  leaked(): string[];
  /**
   * Settles as soon as nothing is leaked.
   *
   * @throws {TestingError} `ERR_TESTING_HANDLES_OPEN` after `closeTimeout`; the message lists them (the promise rejects).
   */
  expectNone(): Promise<void>;
  /** `expectNone`, and timers are no longer watched: `await using` it first in a test, and it is checked last. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** As `process._getActiveHandles` gives them: sockets, servers, children… */
interface Handle {
  constructor: { name: string };
  address?: () => unknown;
  localAddress?: string | undefined;
  localPort?: number | undefined;
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
  /** One of the process's three standard streams: Node makes them at their first use, and they never end. */
  _isStdio?: boolean;
}

/** Every process has them now and then, and they end by themselves. */
const PASSING = ['Immediate', 'TickObject', 'CloseReq'];
/** These are watched one by one. */
const TIMER = 'Timeout';

/**
 * Notes which handles are open, so that a test can show that it left none. Until it is disposed of it watches timers
 * through `node:async_hooks`, which makes promises slower.
 *
 * @throws RangeError for an option out of range.
 *
 * @example
 * await using handles = openHandles();
 * // …a server, a client, timers; at the end of the block nothing of it may be left.
 */
export function openHandles(options: OpenHandlesOptions = {}): OpenHandles {
  const { closeTimeout } = resolveOpenHandlesOptions(options);
  const known = new Set(activeHandles());
  const knownKinds = countKinds();
  const timers = new TimerWatch();
  const leaked = (): string[] => {
    const handles = activeHandles().filter((handle) => !known.has(handle));
    return [...handles.map(describe), ...timers.running(), ...surplus(knownKinds, countKinds())].sort();
  };
  const expectNone = async (): Promise<void> => {
    const start = clock.now();
    for (let open = leaked(); open.length > 0; open = leaked()) {
      if (clock.now() - start >= closeTimeout) {
        throw new TestingError('ERR_TESTING_HANDLES_OPEN', `${open.length} left open: ${open.join(', ')}`);
      }
      await new Promise((resolve) => onTimeout(resolve, LOOK_EVERY_MILLISECONDS));
    }
  };
  const dispose = (): Promise<void> => expectNone().finally(() => timers.stop());
  return { leaked, expectNone, [Symbol.asyncDispose]: dispose };
}

/** Node keeps the list under a name that it does not document; where it is missing, kinds are counted all the same. */
function activeHandles(): Handle[] {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles?: () => Handle[] };
  return (_getActiveHandles?.call(process) ?? []).filter(({ _isStdio }) => _isStdio !== true);
}

/** Kinds of which handles are listed one by one are left out where there is such a list. */
function countKinds(): Map<string, number> {
  const isListed = activeHandles().length > 0;
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind === TIMER || PASSING.includes(kind) || (isListed && /^(TCP|Pipe|TTY|UDP|Process|TLS).*Wrap$/.test(kind))) continue;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function surplus(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): string[] {
  return [...now].flatMap(([kind, count]) => Array.from({ length: Math.max(0, count - (before.get(kind) ?? 0)) }, () => kind));
}

function describe(handle: Handle): string {
  const { localPort, remotePort, localAddress, remoteAddress, constructor } = handle;
  if (remotePort !== undefined) return `TCP socket ${localAddress}:${localPort} to ${remoteAddress}:${remotePort}`;
  if (constructor.name !== 'Server') return constructor.name;
  const address = handle.address?.();
  if (typeof address === 'string') return `server ${address}`;
  const { address: host, port } = (address ?? {}) as { address?: string; port?: number };
  return port === undefined ? 'server' : `TCP server ${host}:${port}`;
}
