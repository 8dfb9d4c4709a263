// Makes a listener listen: on a port, a path or an inherited descriptor, until it does, fails, or is told to stop. In: a
// fresh `net.Server` and a target that was checked. Out: a promise. The one file it ever removes is a unix socket in its
// way that nobody answers on.
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { TCPError } from './errors.js';

/** A port of the network. */
export interface PortTarget {
  readonly port: number;
  readonly host: string;
  readonly backlog: number;
  readonly exclusive: boolean;
  /** `'::'` without IPv4. */
  readonly ipv6Only: boolean;
  /** Node 20 ignores it: see `supportsReusePort`. */
  readonly reusePort: boolean;
}

/** A unix socket, an abstract one (`'\0name'`), or a pipe of Windows. */
export interface PathTarget {
  readonly path: string;
  readonly backlog: number;
  readonly exclusive: boolean;
}

/** A descriptor that another process bound. Under `node:cluster` it is the primary's. */
export interface FdTarget {
  readonly fd: number;
  readonly backlog: number;
}

export type BindTarget = PortTarget | PathTarget | FdTarget;

/** The numbers of descriptors that a listener had. Node closes them with it, and the system gives the numbers away again. */
const descriptorsUsed = new Set<number>();

/** How long somebody who has the path may take to answer before it counts as theirs. */
const PROBE_TIMEOUT = 1000;

/**
 * Settles once `listener` listens. Rejects with the system's error, with `signal`'s reason, or with `ERR_TCP_CLOSED` where
 * it was closed before; then nothing is bound, and a `'close'` has come or follows. Afterwards `signal` does nothing, and no
 * listener of this is left.
 *
 * Stop a pending one by `signal`, not by `listener.close()`: in a worker of `node:cluster` the latter makes Node throw
 * where the primary answers with an error, and no one can catch it.
 */
export function bind(listener: Server, target: BindTarget, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const binding = new Binding(listener, target, signal, (error) => (error === undefined ? resolve() : reject(error)));
    binding.begin();
  });
}

/** Where it listens, or `null`. Of a unix socket the path, which is `''` where it was inherited: Node cannot tell it. */
export function boundAddress(listener: Server): AddressInfo | { path: string } | null {
  // Node gives the path of a unix socket also before it listens and after.
  if (!listener.listening) return null;
  const address = listener.address();
  return typeof address === 'object' && address !== null ? address : { path: address ?? '' };
}

/** Whether this Node knows `reusePort`: from 22.12 and 23.1. An older one ignores it without a word. */
export function supportsReusePort(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

class Binding {
  readonly #listener: Server;
  readonly #target: BindTarget;
  readonly #signal: AbortSignal | undefined;
  readonly #onSettled: (error: Error | undefined) => void;
  #settled = false;
  /** `listen` was called, and neither `'listening'` nor `'error'` has come. */
  #pending = false;
  #probe: Socket | undefined;

  constructor(
    listener: Server,
    target: BindTarget,
    signal: AbortSignal | undefined,
    onSettled: (error: Error | undefined) => void,
  ) {
    this.#listener = listener;
    this.#target = target;
    this.#signal = signal;
    this.#onSettled = onSettled;
    listener.on('listening', this.#onListening).on('error', this.#onError).on('close', this.#onClose);
    signal?.addEventListener('abort', this.#onAbort);
  }

  begin(): void {
    if (this.#isAborted) this.#listener.close();
    else if ('path' in this.#target && isFile(this.#target.path)) {
      this.#makeRoom(this.#target.path).catch((error: Error) => this.#fail(error));
    } else this.#listen();
  }

  get #isAborted(): boolean {
    return this.#signal?.aborted === true;
  }

  #listen(): void {
    this.#pending = true;
    try {
      // Node takes the backlog of a descriptor from the second argument only.
      if ('fd' in this.#target) this.#listener.listen({ fd: take(this.#target.fd) }, this.#target.backlog);
      else this.#listener.listen(this.#target);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  readonly #onListening = (): void => {
    this.#pending = false;
    // `'close'` settles.
    if (this.#isAborted) this.#listener.close();
    else this.#settle(undefined);
  };

  readonly #onError = (error: Error): void => {
    this.#pending = false;
    // `'close'` settles.
    if (this.#isAborted) this.#listener.close();
    else this.#fail(error);
  };

  #fail(error: Error): void {
    this.#settle(error);
    // There is nothing to close, but who closes it at this moment waits for `'close'`.
    if (!this.#listener.listening) this.#listener.close();
  }

  /** An abort ends here too, so that an `'error'` on its way already finds a listener. */
  readonly #onClose = (): void => {
    // Closed a moment before it was to listen.
    if (this.#listener.listening) this.#listener.close();
    const closed = new TCPError('ERR_TCP_CLOSED', 'the server was closed before it listened');
    this.#settle(this.#isAborted ? (this.#signal?.reason as Error) : closed);
  };

  readonly #onAbort = (): void => {
    if (this.#pending && !this.#listener.listening) void this.#abortPending();
    else this.#listener.close();
  };

  async #abortPending(): Promise<void> {
    const isWorker = await isClusterWorker();
    // Closed before the primary has answered, Node would throw at an answer that is an error: wait for it.
    if (this.#settled || (isWorker && this.#pending)) return;
    this.#listener.close();
  }

  /**
   * Listens, after the file at `path` was removed where it is a socket that nobody answers on. Before, not once listening has
   * failed: workers of a cluster share a path only where the primary is asked for it equally often.
   *
   * Two servers that find the same stale file do not take each other's new one, since it is looked at once more right
   * before it goes. What remains: the microseconds between that look and `unlink`, which no system joins into one call;
   * those between `bind` and `listen` of another process; and on BSD and macOS a full backlog. In the last two, somebody
   * who lives refuses like one who does not.
   */
  async #makeRoom(path: string): Promise<void> {
    const found = identify(path);
    const isStale = found !== undefined && !(await this.#answers(path));
    if (this.#settled || this.#isAborted) return;
    if (isStale && identify(path) === found) remove(path);
    this.#listen();
  }

  /** Whether anybody has the socket: accepts, keeps us waiting, or forbids us to ask. */
  #answers(path: string): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const probe = connect({ path });
      this.#probe = probe;
      const timer = setTimeout(() => probe.destroy(), PROBE_TIMEOUT);
      let isAnswered = true;
      probe.once('connect', () => probe.destroy());
      // Not EAGAIN, by which Linux says that the backlog is full.
      probe.once('error', ({ code }: NodeJS.ErrnoException) => (isAnswered = code !== 'ECONNREFUSED' && code !== 'ENOENT'));
      probe.once('close', () => {
        clearTimeout(timer);
        resolve(isAnswered);
      });
    });
  }

  #settle(error: Error | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#probe?.destroy();
    this.#listener.off('listening', this.#onListening).off('error', this.#onError).off('close', this.#onClose);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#onSettled(error);
  }
}

/** @throws {TCPError} `ERR_TCP_CLOSED` where the number may be a connection's by now, which listening on it would end. */
function take(fd: number): number {
  if (descriptorsUsed.has(fd)) {
    throw new TCPError('ERR_TCP_CLOSED', `descriptor ${fd} was a server's before, which closes it: there is no listening on it again`);
  }
  descriptorsUsed.add(fd);
  return fd;
}

/** Loads what `listen` has loaded already; those who only import this package are spared it. */
async function isClusterWorker(): Promise<boolean> {
  const { default: cluster } = await import('node:cluster');
  return cluster.isWorker;
}

/** Neither an abstract socket nor a pipe of Windows: these go with the process that had them. */
function isFile(path: string): boolean {
  return process.platform !== 'win32' && !path.startsWith('\0');
}

/** Names the socket at `path` as no other one; `undefined` where there is none. A symbolic link is none: it is not followed. */
function identify(path: string): string | undefined {
  try {
    const file = lstatSync(path, { bigint: true });
    // The number alone may be given to the next file at once.
    return file.isSocket() ? `${file.dev} ${file.ino} ${file.ctimeNs}` : undefined;
  } catch {
    // None, or we may not look: listening tells.
    return undefined;
  }
}

/** Where it may not be removed, listening tells that the path is taken. */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or not ours to remove.
  }
}
