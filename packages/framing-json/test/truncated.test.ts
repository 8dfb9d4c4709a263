import { corpus } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { closed, connect, frames, record } from './peers.js';

const begun = frames({ a: 'a message of some length' });

describe('a connection that ends inside a message', () => {
  it.each(corpus.jsonTruncated)('$name is ERR_FRAME_TRUNCATED', async ({ bytes, messagesBefore }) => {
    const { handler, peer } = connect();
    const recorded = record(handler);
    peer.end(bytes);
    await closed(handler, recorded);
    expect(recorded.messages).toHaveLength(messagesBefore);
    expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_TRUNCATED' })]);
    expect(recorded.events.slice(messagesBefore)).toEqual(['error', 'close']);
  });

  it('is truncated at every place but the edges', async () => {
    for (let length = 0; length <= begun.length; length++) {
      const { handler, peer } = connect();
      const recorded = record(handler);
      peer.end(begun.subarray(0, length));
      await closed(handler, recorded);
      const isWhole = length === 0 || length === begun.length;
      expect(recorded.events.at(-1), `${length} bytes`).toBe('close');
      expect(recorded.errors.map((error) => (error as { code?: string }).code), `${length} bytes`).toEqual(
        isWhole ? [] : ['ERR_FRAME_TRUNCATED'],
      );
    }
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)('by %s says how much had come', async (way) => {
    const { handler, peer } = connect();
    const recorded = record(handler);
    peer.write(begun.subarray(0, 10));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    peer[way]();
    await closed(handler, recorded);
    expect(recorded.errors).toEqual([
      expect.objectContaining({ code: 'ERR_FRAME_TRUNCATED', declaredBytes: begun.length - 3, receivedBytes: 7 }),
    ]);
    if (way === 'resetAndDestroy') expect(recorded.errors[0]?.cause).toMatchObject({ code: 'ECONNRESET' });
    expect(recorded.events).toEqual(['error', 'close']);
  });

  it('is no error where we destroyed it', async () => {
    const { handler, socket, peer } = connect();
    const recorded = record(handler);
    peer.write(begun.subarray(0, 10));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    socket.destroy();
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['close']);
  });
});
