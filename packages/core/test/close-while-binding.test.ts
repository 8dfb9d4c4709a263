import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createServer } from '../src/index.js';
import { serve } from './sockets.js';

/** Runs `then` so many turns of promises after the next listener emits `event`. */
function afterNext(event: 'listening' | 'error', turns: number, then: () => unknown): void {
  const onListen = (message: unknown): void => {
    unsubscribe('tracing:net.server.listen:asyncStart', onListen);
    const emitter = (message as { server: Server }).server;
    void new Promise<void>((resolve) => emitter.once(event, () => resolve())).then(async () => {
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      then();
    });
  };
  subscribe('tracing:net.server.listen:asyncStart', onListen);
}

describe.each([0, 1, 2, 3, 4, 5, 6])('close, %s turns of promises after the system', (turns) => {
  it('bound, ends', async () => {
    let closing: Promise<void> | undefined;
    const server = createServer().withOptions({ host: '127.0.0.1' });
    afterNext('listening', turns, () => (closing = server.close()));
    const outcome = await server.listen(0).then(
      () => 'listening',
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(['listening', 'ERR_TCP_CLOSED']).toContain(outcome);
    await new Promise(setImmediate);
    await closing;
    expect(closing).toBeDefined();
    expect(server.address()).toBeNull();
    // As new.
    await server.listen(0);
    await server.close();
  });

  it('refused, ends', async () => {
    const { server: taken, port } = await serve({});
    let closing: Promise<void> | undefined;
    const server = createServer().withOptions({ host: '127.0.0.1' });
    afterNext('error', turns, () => (closing = server.close()));
    await expect(server.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise(setImmediate);
    await closing;
    expect(closing).toBeDefined();
    await taken.close();
  });
});
