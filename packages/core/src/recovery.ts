// Keeps account of clients whose connection broke, and invites them back with growing delays. It decides nothing about
// bytes: what an invitation is, is the application's.
import type { TCPSocket } from '@verb-tcp/socket';
import { backoffDelay } from './backoff.js';
import { resolveRecoveryOptions, type ResolvedRecoveryOptions, type TCPConnectionRecoveryOptions } from './client-options.js';

interface Client {
  attempts: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Logs and cleans up broken connections, and schedules invitations to come back: after `baseReconnectDelay`, twice that,
 * and so on, `maxReconnectAttempts` times. At most `maxClients` are remembered; the one longest known is forgotten first.
 *
 * @example
 * const recovery = new TCPConnectionRecovery({ log: console.error, invite: (clientId) => page(clientId) });
 * socket.on('error', (error) => recovery.handleConnectionError(socket, error));
 */
export class TCPConnectionRecovery {
  readonly #options: ResolvedRecoveryOptions;
  readonly #clients = new Map<string, Client>();

  /** @throws RangeError, TypeError for a wrong option */
  constructor(options: TCPConnectionRecoveryOptions = {}) {
    this.#options = resolveRecoveryOptions(options);
  }

  /** Logs the error and destroys the socket. The client's id is `address:port`, as the socket tells it. */
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

  /** Schedules the next invitation. After the last one the client is forgotten. One that is pending stays. */
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
      this.sendReconnectInvitation(clientId);
    }, backoffDelay(client.attempts, backoff, Math.random()));
    client.timer.unref();
  }

  /** Calls `invite`. */
  sendReconnectInvitation(clientId: string): void {
    this.#options.invite(clientId);
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

  #remember(clientId: string): Client {
    const [oldest] = this.#clients.keys();
    if (this.#clients.size >= this.#options.maxClients && oldest !== undefined) this.recovered(oldest);
    const client: Client = { attempts: 0, timer: undefined };
    this.#clients.set(clientId, client);
    return client;
  }
}
