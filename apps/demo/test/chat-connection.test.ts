import { describe, expect, test } from 'vitest';
import { createTCPServer } from '@verb-tcp/testing';
import { addressText, connections, delayBefore, dial } from '../src/clients/chat-connection.js';
import type { DemoError } from '../src/errors.js';
import { freePort } from './free-port.js';

describe('the way to the server', () => {
  test('waits twice as long after each failure, to a limit, and never the same for all', () => {
    expect([0, 1, 2, 3, 20].map((failures) => delayBefore(failures, 1))).toEqual([0, 250, 500, 1000, 5000]);
    expect([0, 1, 2, 3, 20].map((failures) => delayBefore(failures, 0))).toEqual([0, 125, 250, 500, 2500]);
  });

  test('writes an address as people do', () => {
    expect(addressText({ host: 'localhost', port: 5 })).toBe('localhost:5');
    expect(addressText({ host: '::1', port: 5 })).toBe('[::1]:5');
  });

  test('says in words that nothing listens', async () => {
    const port = await freePort();
    await expect(dial({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'ERR_DEMO_AWAY',
      message: `No chat server at 127.0.0.1:${port}: nothing listens there`,
    });
  });

  test('goes on trying until the server is there, and stops when told', async () => {
    const port = await freePort();
    const stop = new AbortController();
    const reasons: string[] = [];
    let server: ReturnType<typeof createTCPServer> | undefined;
    const onAway = (error: DemoError): void => {
      reasons.push(error.code);
      server ??= createTCPServer({ port });
    };
    let count = 0;
    for await (const socket of connections({ host: '127.0.0.1', port }, stop.signal, onAway)) {
      socket.destroy();
      if (++count === 2) stop.abort();
    }
    await server?.[Symbol.asyncDispose]();
    expect(count).toBe(2);
    expect(reasons[0]).toBe('ERR_DEMO_AWAY');
  });
});
