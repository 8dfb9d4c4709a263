// Keeps account of clients whose connection broke, and invites them back, when asked, with growing delays. It decides
// nothing about bytes: what an invitation is, is the application's.
import type { TCPSocket } from '@verb-tcp/socket';
import { backoffDelay } from './backoff.js';
import { handlerFailed, isPromiseLike, warn } from './handlers.js';
import { resolveRecoveryOptions, type ResolvedRecoveryOptions, type TCPConnectionRecoveryOptions } from './client-options.js';

interface Client {
  attempts: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Two things apart: it logs and cleans up broken connections, and it schedules invitations to come back. Each
 * `scheduleReconnectNotification` is one invitation, after `baseReconnectDelay`, the next after twice that, and so on,
 * `maxReconnectAttempts` times, until the client has `recovered`. At most `maxClients` are remembered; the one longest
 * known is forgotten first.
 *
 * @example
 * const recovery = new TCPConnectionRecovery({ log: console.error, invite: (user) => page(user) });
 * socket.on('error', (error) => {
 *   recovery.handleConnectionError(socket, error);
 *   recovery.scheduleReconnectNotification(user);
 * });
 */
export class TCPConnectionRecovery {
  readonly #options: ResolvedRecoveryOptions;
  readonly #clients = new Map<string, Client>();

  /** @throws RangeError, TypeError for a wrong option */
  constructor(options: TCPConnectionRecoveryOptions = {}) {
    this.#options = resolveRecoveryOptions(options);
  }

  /**
   * Logs the error and destroys the socket; it invites nobody. The client's id is `address:port`, as the socket tells it,
   * which names this connection: a client that comes back has another port, so invite it by a name of your own.
   */
  handleConnectionError(socket: TCPSocket, error: Error): void {
    const clientId = `${socket.remoteAddress}:${socket.remotePort}`;
    this.logConnectionError(clientId, error);
    this.cleanupConnection(socket, clientId);
  }

  /** Gives one entry to `log`. */
  logConnectionError(clientId: string, error: Error): void {
    this.#options.log({
      clientId,
      error: error.message,
      code: (error as NodeJS.ErrnoException).code,
      timestamp: new Date().toISOString(),
      attempts: this.#clients.get(clientId)?.attempts ?? 0,
    });
  }

  /** Destroys the socket; its listeners are their owners' and stay. Overridable, to forget the client elsewhere too. */
  cleanupConnection(socket: TCPSocket, _clientId: string): void {
    socket.destroy();
  }

  /**
   * Schedules one invitation, the next of this client. One that is pending stays; asked once more after the last one, it
   * forgets the client. What `invite` throws or rejects with goes to `log`.
   */
  scheduleReconnectNotification(clientId: string): void {
    const client = this.#clients.get(clientId) ?? this.#remember(clientId);
    if (client.timer !== undefined) return;
    const { maxReconnectAttempts, baseReconnectDelay, maxReconnectDelay, jitter } = this.#options;
    if (client.attempts >= maxReconnectAttempts) {
      this.recovered(clientId);
      return;
    }
    client.attempts++;
    const backoff = { initialDelay: baseReconnectDelay, maxDelay: maxReconnectDelay, factor: 2, jitter };
    client.timer = setTimeout(() => {
      client.timer = undefined;
      this.#invite(clientId);
    }, backoffDelay(client.attempts, backoff, Math.random()));
    client.timer.unref();
  }

  /** Calls `invite` and gives what it gives. Overridable. @throws what `invite` throws */
  sendReconnectInvitation(clientId: string): unknown {
    return this.#options.invite(clientId);
  }

  /** The client is back: its attempts are forgotten, and an invitation that is pending is not sent. */
  recovered(clientId: string): void {
    clearTimeout(this.#clients.get(clientId)?.timer);
    this.#clients.delete(clientId);
  }

  /** Forgets everybody. */
  close(): void {
    for (const { timer } of this.#clients.values()) clearTimeout(timer);
    this.#clients.clear();
  }

  /** In a timer, where what is thrown would end the process. */
  #invite(clientId: string): void {
    try {
      const result = this.sendReconnectInvitation(clientId);
      if (isPromiseLike(result)) result.then(undefined, (cause: unknown) => this.#onFailure(clientId, cause));
    } catch (cause) {
      this.#onFailure(clientId, cause);
    }
  }

  #onFailure(clientId: string, cause: unknown): void {
    try {
      this.logConnectionError(clientId, handlerFailed('invite', cause));
    } catch (error) {
      warn(handlerFailed('log', error));
    }
  }

  #remember(clientId: string): Client {
    const [oldest] = this.#clients.keys();
    if (this.#clients.size >= this.#options.maxClients && oldest !== undefined) this.recovered(oldest);
    const client: Client = { attempts: 0, timer: undefined };
    this.#clients.set(clientId, client);
    return client;
  }
}
