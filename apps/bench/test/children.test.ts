import { describe, expect, test } from 'vitest';
import { Child } from '../src/child.js';
import { dial, listen } from '../src/loopback.js';

describe('a child', () => {
  test('is ready, then has a result, then is gone', async () => {
    await using sink = new Child('sink', {});
    const { port } = await sink.ready;
    const socket = await dial(port);
    socket.end('hello');
    expect(await sink.result).toEqual({ bytes: 5 });
  });

  test('that fails rejects with its role, its settings and its stack', async () => {
    const listener = await listen();
    listener.close();
    const settings = { peer: 'split2', port: listener.port, bytes: 100, warmup: 1, messages: 1, perTurn: 1 } as const;
    await using sender = new Child('messageSender', settings);
    await expect(sender.result).rejects.toThrow(/^messageSender \{"peer":"split2".*ECONNREFUSED/s);
  });

  test('that is no longer wanted is ended with its scope', async () => {
    let result: Promise<unknown>;
    {
      await using sink = new Child('sink', {});
      await sink.ready;
      ({ result } = sink);
    }
    await expect(result).rejects.toThrow('sink {}: ended without a result (SIGKILL)');
  });
});
