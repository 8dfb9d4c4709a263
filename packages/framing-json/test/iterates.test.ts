import { describe, expect, it } from 'vitest';
import { connect, frame, frames, recordEnd, settled } from './peers.js';

async function take(messages: AsyncIterable<unknown>, count = Infinity): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const message of messages) if (taken.push(message) === count) break;
  return taken;
}

describe('for await', () => {
  it('gives every message and ends when the peer ends', async () => {
    const { handler, peer } = connect();
    peer.end(frames(1, null, 'three'));
    expect(await take(handler)).toEqual([1, null, 'three']);
    expect(await take(handler)).toEqual([]);
  });

  it('leaves the connection alone when it is left: the next one goes on behind it', async () => {
    const { handler, socket, peer } = connect();
    peer.write(frames(1, 2, 3));
    expect(await take(handler, 1)).toEqual([1]);
    expect(socket.destroyed).toBe(false);
    peer.end(frames(4));
    expect(await take(handler)).toEqual([2, 3, 4]);
  });

  it('gives what came before an error, then throws it once', async () => {
    const { handler, peer } = connect();
    peer.write(Buffer.concat([frames(1, 2), Buffer.from('oops')]));
    await settled();
    const iterator = handler[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    expect(await iterator.next()).toEqual({ done: false, value: 2 });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_FRAME_HEADER_INVALID' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    await expect(take(handler)).rejects.toMatchObject({ code: 'ERR_FRAME_HEADER_INVALID' });
  });

  it('gives all that came before a bad payload and nothing from behind it', async () => {
    const { handler, peer } = connect();
    const iterator = handler[Symbol.asyncIterator]();
    peer.write(Buffer.concat([frames(1), frame('{'), frames(2)]));
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_FRAME_INVALID_JSON' });
    const next = handler[Symbol.asyncIterator]();
    await expect(next.next()).rejects.toMatchObject({ code: 'ERR_FRAME_INVALID_JSON' });
  });

  it('goes on behind a bad payload with skip, and an error listener is told', async () => {
    const { handler, peer } = connect({ onInvalid: 'skip' });
    const { errors } = recordEnd(handler);
    peer.end(Buffer.concat([frames(1), frame('{'), frames(2)]));
    expect(await take(handler)).toEqual([1, 2]);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_INVALID_JSON' })]);
  });

  it('throws what the socket fails with, and what cuts a message is ERR_FRAME_TRUNCATED', async () => {
    const reset = connect();
    reset.peer.resetAndDestroy();
    await expect(take(reset.handler)).rejects.toMatchObject({ code: 'ECONNRESET' });
    const cut = connect();
    cut.peer.end(Buffer.concat([frames(1), Buffer.from('10\n{')]));
    const iterator = cut.handler[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_FRAME_TRUNCATED', declaredBytes: 10, receivedBytes: 1 });
  });

  it('gives more than fits at once even when the peer was gone before anybody asked', async () => {
    const { handler, peer } = connect();
    const sent = Array.from({ length: 150 }, (_, index) => index);
    peer.end(Buffer.concat([frames(...sent), Buffer.from('5\n1')]));
    await settled();
    const taken: unknown[] = [];
    await expect(
      (async () => {
        for await (const message of handler) taken.push(message);
      })(),
    ).rejects.toMatchObject({ code: 'ERR_FRAME_TRUNCATED' });
    expect(taken).toEqual(sent);
  });

  it('gives what is here after a destroy of ours, then ends', async () => {
    const { handler, socket, peer } = connect();
    peer.write(frames(1, 2));
    await settled();
    socket.destroy();
    await settled();
    expect(await take(handler)).toEqual([1, 2]);
  });

  it('that waits when the connection is destroyed ends', async () => {
    const { handler, socket } = connect();
    const waiting = take(handler);
    await settled();
    socket.destroy();
    expect(await waiting).toEqual([]);
  });
});

describe('iterators', () => {
  it('share the messages: each goes to one, in the order they asked', async () => {
    const { handler, socket, peer } = connect();
    const first = handler[Symbol.asyncIterator]();
    const second = handler[Symbol.asyncIterator]();
    const asked = [first.next(), second.next(), first.next()];
    peer.write(frames('a', 'b', 'c'));
    expect((await Promise.all(asked)).map(({ value }) => value as unknown)).toEqual(['a', 'b', 'c']);
    socket.destroy();
  });

  it('all end with the error, each once', async () => {
    const { handler, peer } = connect();
    const iterators = [handler[Symbol.asyncIterator](), handler[Symbol.asyncIterator]()];
    const asked = iterators.flatMap((iterator) => [iterator.next(), iterator.next()]);
    peer.write('oops');
    const results = await Promise.allSettled(asked);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('that are left while they wait take no message with them', async () => {
    const { handler, socket, peer } = connect();
    const left = handler[Symbol.asyncIterator]();
    const waiting = left.next();
    await left.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    peer.write(frames('kept'));
    expect(await take(handler, 1)).toEqual(['kept']);
    socket.destroy();
  });

  it('get nothing while somebody listens, and the rest when nobody does', async () => {
    const { handler, socket, peer } = connect();
    const listened: unknown[] = [];
    const iterator = handler[Symbol.asyncIterator]();
    const waiting = iterator.next();
    handler.once('message', (message) => listened.push(message));
    await settled();
    peer.write(frames(1, 2));
    expect(await waiting).toEqual({ done: false, value: 2 });
    expect(listened).toEqual([1]);
    socket.destroy();
  });

  it('throw for an error that an error listener also hears', async () => {
    const { handler, peer } = connect();
    const { errors } = recordEnd(handler);
    peer.write('oops');
    const thrown: unknown = await take(handler).catch((error: unknown) => error);
    expect(errors).toHaveLength(1);
    expect(thrown).toBe(errors[0]);
  });
});
