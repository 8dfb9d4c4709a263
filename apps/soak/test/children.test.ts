import { describe, expect, test } from 'vitest';
import { Child } from '../src/child.js';
import { HeldUp } from '../src/held-up.js';

const { signal } = new AbortController();

describe('a child', () => {
  test('plays its role, method by method', async () => {
    await using server = await Child.start('burstServer', {}, { signal });
    await using clients = await Child.start('burstClients', {}, { signal });
    const port = await server.call('listen');
    expect(await clients.call('burst', port, 3)).toEqual({ served: 3, lost: {} });
    expect(await server.call('stats')).toMatchObject({ accepted: 3, open: 0 });
  });

  test('passes on what a method throws, with its role and stack, and goes on', async () => {
    await using server = await Child.start('endingServer', { certificate: { cert: '', key: '' } }, { signal });
    await expect(server.call('listen', 'by magic', 1)).rejects.toThrow(/^endingServer: Error: no end by magic\n.*at /s);
    expect(await server.call('listen', 'FIN', 1)).toBeGreaterThan(0);
  });

  test('may open as few files as it is told to', async () => {
    await using server = await Child.start('limitedServer', {}, { signal, openFiles: 200 });
    expect(await server.call('stats')).toMatchObject({ open: 0 });
    const files = await server.call('exhaust');
    expect(files).toBeGreaterThan(50);
    expect(files).toBeLessThan(200);
  });

  test('is killed with its scope, and what it had to do is rejected', async () => {
    let dials: Promise<unknown>;
    {
      await using clients = await Child.start('reconnectingClients', {}, { signal });
      dials = clients.call('connected', 1);
    }
    await expect(dials).rejects.toThrow('reconnectingClients: ended (SIGKILL)');
  });

  test('is killed when the time is over, which is then the reason', async () => {
    const abort = new AbortController();
    await using clients = await Child.start('reconnectingClients', {}, { signal: abort.signal });
    const connected = clients.call('connected', 1);
    abort.abort(new Error('the time is over'));
    await expect(connected).rejects.toThrow('the time is over');
    await expect(clients.call('stop')).rejects.toThrow('the time is over');
    await expect(Child.start('burstServer', {}, { signal: abort.signal })).rejects.toThrow('the time is over');
  });
});

describe('being held up', () => {
  test('is not what we did ourselves', () => {
    const [begunAt, usedBefore] = [performance.now(), process.cpuUsage()];
    using heldUp = new HeldUp();
    while (performance.now() - begunAt < 200);
    const found = heldUp.since(begunAt);
    const { user, system } = process.cpuUsage(usedBefore);
    // What the machine takes meanwhile is found all the same: with what we used it is no more than passed.
    expect(found + (user + system) / 1000).toBeLessThan(performance.now() - begunAt + 10);
  });

  test('is the time in which we wanted to run and could not', () => {
    using heldUp = new HeldUp();
    const begunAt = performance.now();
    // Sleeps without using the processor, as a process does that is not run.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
    expect(heldUp.since(begunAt)).toBeGreaterThan(100);
  });
});
