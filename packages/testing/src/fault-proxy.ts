// A real TCP proxy on loopback whose connections have faults. It stands between a client and a server that know nothing
// of it: half-closes, back-pressure and resets pass through. What goes wrong in it ends one connection, never the process.
import { once } from 'node:events';
import { Server, Socket, type AddressInfo } from 'node:net';
import { LiveFaults, type FaultSet } from './fault-set.js';
import { resolveFaultProxyOptions, type FaultProxyOptions, type ResolvedProxyOptions } from './fault-options.js';
import { TestingError } from './errors.js';
import { Relay } from './relay.js';

const HOST = '127.0.0.1';
/** `upstreamErrors` keeps the first ones. */
const MAX_ERRORS = 1000;
const SOCKET_OPTIONS = { allowHalfOpen: true, highWaterMark: 64 * 1024, noDelay: true };

/** See `faultProxy`. */
export interface FaultProxy {
  /** 127.0.0.1. */
  readonly host: string;
  /** Where clients connect to. Stays the same through `down` and `up`. */
  readonly port: number;
  /** The faults, to be changed at any time. */
  readonly faults: FaultSet;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Those that are open, or not quite closed. */
  readonly openConnections: number;
  /** Bytes handed on to the server so far. */
  readonly bytesUp: number;
  /** Bytes handed on to clients so far. */
  readonly bytesDown: number;
  /** Why the server could not be reached, as the system said it. Such a client gets a reset. The first 1000. */
  readonly upstreamErrors: readonly Error[];
  /** Resets every open connection, on both sides. */
  cut(): void;
  /** Refuses new connections and resets the open ones. Settles when the port is closed. */
  down(): Promise<void>;
  /** Takes connections again. @throws {TestingError} `ERR_TESTING_PORT_UNAVAILABLE`, `ERR_TESTING_PROXY_CLOSED` */
  up(): Promise<void>;
  /** `down` for good. Settles when every socket is closed. The same promise when called again. */
  close(): Promise<void>;
  /** `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A proxy in front of `upstream`, on a free port of 127.0.0.1. It listens when the promise settles.
 *
 * @throws RangeError for an option or a parameter out of range (the promise rejects).
 * @throws TypeError for a server that does not listen on TCP (the promise rejects).
 *
 * @example
 * await using proxy = await faultProxy({ upstream: server, faults: [{ type: 'latency', delay: 100 }] });
 * const client = connect(proxy.port, proxy.host);
 */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new ListeningProxy(resolveFaultProxyOptions(options));
  await proxy.up();
  return proxy;
}

class ListeningProxy implements FaultProxy {
  readonly host: string = HOST;
  readonly faults: LiveFaults;
  readonly upstreamErrors: Error[] = [];
  readonly #options: ResolvedProxyOptions;
  readonly #relays: Set<Relay> = new Set();
  #server: Server | undefined;
  #port = 0;
  /** The way up, begun or done; `undefined` while down. */
  #up: Promise<void> | undefined;
  #down: Promise<void> = Promise.resolve();
  #connections = 0;
  /** Of connections that are closed. */
  #pastBytes = { up: 0, down: 0 };
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedProxyOptions) {
    this.#options = options;
    this.faults = new LiveFaults(options.faults, options.seed);
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections;
  }

  get openConnections(): number {
    return this.#relays.size;
  }

  get bytesUp(): number {
    return [...this.#relays].reduce((sum, relay) => sum + relay.up.passedBytes, this.#pastBytes.up);
  }

  get bytesDown(): number {
    return [...this.#relays].reduce((sum, relay) => sum + relay.down.passedBytes, this.#pastBytes.down);
  }

  cut(): void {
    for (const relay of this.#relays) relay.reset();
  }

  down(): Promise<void> {
    const up = this.#up;
    if (up !== undefined) {
      this.#up = undefined;
      this.#down = this.#goDown(up);
    }
    return this.#down;
  }

  up(): Promise<void> {
    if (this.#closed !== undefined) {
      return Promise.reject(new TestingError('ERR_TESTING_PROXY_CLOSED', 'the proxy is closed'));
    }
    if (this.#up === undefined) {
      const up = this.#goUp(this.#down);
      this.#up = up;
      up.catch(() => {
        if (this.#up === up) this.#up = undefined;
      });
    }
    return this.#up;
  }

  /** A server that is closed before it listens never says that it does, so the way up is awaited first. */
  async #goDown(up: Promise<void>): Promise<void> {
    await up.catch(() => {});
    const server = this.#server;
    this.#server = undefined;
    const listenerClosed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    this.cut();
    await listenerClosed;
  }

  async #goUp(isDown: Promise<void>): Promise<void> {
    await isDown;
    const server = new Server(SOCKET_OPTIONS, (client) => this.#accept(client));
    try {
      await once(server.listen(this.#port, HOST), 'listening');
    } catch (cause) {
      throw new TestingError('ERR_TESTING_PORT_UNAVAILABLE', `cannot listen on port ${this.#port}`, { cause });
    }
    // What fails from here on is one accept, for want of descriptors: the client sees it.
    server.on('error', () => {});
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const relays = [...this.#relays];
    await this.down();
    await Promise.all(relays.map((relay) => relay.closed));
  }

  #accept(client: Socket): void {
    this.#connections++;
    const { port, host } = this.#options.upstream;
    const server = new Socket(SOCKET_OPTIONS);
    server.setNoDelay(true);
    const relay = new Relay(client, server, this.#options.maxHeldBytes);
    const onUpstreamError = (error: Error): void => {
      if (this.upstreamErrors.length < MAX_ERRORS) this.upstreamErrors.push(error);
    };
    server.once('error', onUpstreamError);
    server.once('connect', () => server.off('error', onUpstreamError));
    this.#relays.add(relay);
    void relay.closed.then(() => {
      this.#relays.delete(relay);
      this.#pastBytes.up += relay.up.passedBytes;
      this.#pastBytes.down += relay.down.passedBytes;
    });
    this.faults.join(relay);
    relay.start();
    server.connect(port, host);
  }
}
