import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TCPConnectionRecovery, type ConnectionErrorLog } from '../src/index.js';
import { deferred, dial, serve } from './sockets.js';

describe('TCPConnectionRecovery', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('invites with delays that double, as often as it is told, then gives the client up', async () => {
    const times: number[] = [];
    const startedAt = performance.now();
    const recovery = new TCPConnectionRecovery({ jitter: 'none', maxReconnectAttempts: 3, invite: () => times.push(performance.now() - startedAt) });
    for (let n = 0; n < 4; n++) {
      recovery.scheduleReconnectNotification('1.2.3.4:5');
      await vi.runAllTimersAsync();
    }
    expect(times).toEqual([1000, 3000, 7000]);
    // Given up means forgotten: the next trouble begins anew.
    recovery.scheduleReconnectNotification('1.2.3.4:5');
    await vi.runAllTimersAsync();
    expect(times.at(-1)).toBe(8000);
  });

  it('keeps one invitation pending for a client, of at most maxReconnectDelay', async () => {
    const invited: string[] = [];
    const recovery = new TCPConnectionRecovery({ jitter: 'none', baseReconnectDelay: 60_000, invite: (clientId) => invited.push(clientId) });
    recovery.scheduleReconnectNotification('a');
    recovery.scheduleReconnectNotification('a');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(invited).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('forgets a client that recovered, and everybody at close', async () => {
    const invited: string[] = [];
    const recovery = new TCPConnectionRecovery({ invite: (clientId) => invited.push(clientId) });
    recovery.scheduleReconnectNotification('a');
    recovery.recovered('a');
    recovery.scheduleReconnectNotification('b');
    recovery.close();
    expect(vi.getTimerCount()).toBe(0);
    await vi.runAllTimersAsync();
    expect(invited).toEqual([]);
  });

  it('remembers maxClients at most, the newest ones', async () => {
    const invited: string[] = [];
    const recovery = new TCPConnectionRecovery({ maxClients: 2, invite: (clientId) => invited.push(clientId) });
    for (const clientId of ['a', 'b', 'c']) recovery.scheduleReconnectNotification(clientId);
    await vi.runAllTimersAsync();
    expect(invited.sort()).toEqual(['b', 'c']);
  });

  it('logs what happened to whom', () => {
    const log: ConnectionErrorLog[] = [];
    const recovery = new TCPConnectionRecovery({ log: (entry) => log.push(entry) });
    recovery.scheduleReconnectNotification('a');
    recovery.logConnectionError('a', Object.assign(new Error('gone'), { code: 'ECONNRESET' }));
    expect(log).toEqual([{ clientId: 'a', error: 'gone', code: 'ECONNRESET', timestamp: new Date().toISOString(), attempts: 1 }]);
    recovery.close();
  });

  it('throws for a wrong option', () => {
    expect(() => new TCPConnectionRecovery({ maxClients: 0 })).toThrowError('maxClients must be an integer from 1 to 2147483647, got 0');
  });
});

it('handleConnectionError logs by address and port, destroys the socket, and leaves its listeners alone', async () => {
  const told = deferred<ConnectionErrorLog>();
  const recovery = new TCPConnectionRecovery({ log: told.resolve });
  const ended = deferred();
  const { server, port } = await serve({
    onConnection: (socket) => socket.resume().on('error', (error) => recovery.handleConnectionError(socket, error)).on('close', () => ended.resolve()),
  });
  const client = await dial(port);
  const clientId = `127.0.0.1:${client.localPort}`;
  client.resetAndDestroy();
  expect(await told.promise).toMatchObject({ clientId, code: 'ECONNRESET', attempts: 0 });
  await ended.promise;
  await server.close();
});
