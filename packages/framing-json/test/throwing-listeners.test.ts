import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closed, collect, connect, decodeAll, frame, frames, recordEnd, settled } from './peers.js';

const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', onWarning);
});
afterEach(() => {
  process.off('warning', onWarning);
});

describe('what a message listener throws', () => {
  it.each([
    ['throws', () => { throw new Error('listener'); }],
    ['rejects', () => Promise.reject(new Error('listener'))],
  ] as [string, () => unknown][])('ends that connection and is its error: one that %s', async (_, listener) => {
    const { handler, socket, peer } = connect();
    const recorded = recordEnd(handler);
    const reasons: Error[] = [];
    socket.on('error', (error) => reasons.push(error));
    handler.on('message', listener);
    peer.write(frames(1, 2));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'close']);
    expect(recorded.errors).toEqual([new Error('listener')]);
    expect(reasons).toEqual(recorded.errors);
    expect(warnings).toEqual([]);
  });

  it('need not be an error', async () => {
    const { handler, peer } = connect();
    const recorded = recordEnd(handler);
    const text: unknown = 'text';
    handler.on('message', () => {
      throw text as Error;
    });
    peer.write(frames(1));
    await closed(handler, recorded);
    expect(recorded.errors[0]).toMatchObject({ message: 'a listener threw what is no Error', cause: 'text' });
  });

  it('stops what came behind it in the same chunk, and the messages sent before it leave', async () => {
    const { handler, peer } = connect();
    const seen: unknown[] = [];
    const chunks = collect(peer);
    handler.on('message', (message) => {
      seen.push(message);
      handler.sendMessage({ echo: message });
      if (message === 2) throw new Error('two');
    });
    peer.write(frames(1, 2, 3));
    await settled();
    expect(seen).toEqual([1, 2]);
    expect(decodeAll(...chunks)).toEqual([{ echo: 1 }, { echo: 2 }]);
  });

  it('ends nothing but a warning where the connection is gone already', async () => {
    const { handler, socket, peer } = connect();
    const recorded = recordEnd(handler);
    const gone = new Promise((resolve) => handler.once('close', () => resolve(undefined)));
    handler.on('message', (): unknown => gone.then(() => Promise.reject(new Error('late'))));
    peer.write(frames(1, 2, 3));
    await settled();
    socket.destroy();
    await closed(handler, recorded);
    await settled();
    expect(recorded.events).toEqual(['close']);
    expect(warnings).toEqual([new Error('late')]);
  });

  it('is no warning where it is a send that the end of the connection rejected', async () => {
    const { handler, socket, peer } = connect();
    const recorded = recordEnd(handler);
    const gone = new Promise((resolve) => handler.once('close', () => resolve(undefined)));
    handler.on('message', (): unknown => gone.then(() => handler.send('too late')));
    peer.write(frames(1));
    await settled();
    socket.destroy();
    await closed(handler, recorded);
    await settled();
    expect(warnings).toEqual([]);
  });
});

describe('what another listener throws', () => {
  it('is a warning for error and close where nothing is left to end, and the connection ends as it would have', async () => {
    const { handler, socket, peer } = connect();
    handler.on('error', () => {
      throw new Error('in error');
    });
    handler.on('close', () => {
      throw new Error('in close');
    });
    peer.write('oops');
    await new Promise((resolve) => socket.once('close', resolve));
    await settled();
    expect(warnings).toEqual([new Error('in error'), new Error('in close')]);
  });

  it('ends a connection that had outlived the error, so that a peer cannot fill the log', async () => {
    const { handler, peer } = connect({ onInvalid: 'skip' });
    const recorded = recordEnd(handler);
    handler.on('message', () => {});
    handler.on('error', () => {
      throw new Error('in error');
    });
    peer.write(Buffer.concat([frame('{'), frame('{'), frame('{')]));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['error', 'error', 'close']);
    expect(recorded.errors[1]).toEqual(new Error('in error'));
    expect(warnings).toEqual([new Error('in error')]);
  });

  it('ends the connection for drain', async () => {
    const { handler, socket, peer } = connect();
    const recorded = recordEnd(handler);
    handler.on('drain', () => {
      throw new Error('in drain');
    });
    while (!socket.writableNeedDrain) handler.sendMessage('x'.repeat(10_000));
    peer.resume();
    await closed(handler, recorded);
    expect(recorded.errors).toEqual([new Error('in drain')]);
  });
});

describe('a listener', () => {
  it('that destroys the socket gets nothing more, not even what came in the same chunk', async () => {
    const { handler, socket, peer } = connect();
    const recorded = recordEnd(handler);
    const seen: unknown[] = [];
    handler.on('message', (message) => {
      seen.push(message);
      socket.destroy();
    });
    peer.write(Buffer.concat([frames(1, 2), Buffer.from('garbage')]));
    await closed(handler, recorded);
    expect(seen).toEqual([1]);
    expect(recorded.events).toEqual(['close']);
  });

  it('that gives bytes to handleData gets their messages behind those that came before', () => {
    const { handler, socket } = connect();
    const seen: unknown[] = [];
    handler.on('message', (message) => {
      seen.push(message);
      if (message === 1) handler.handleData(frames(3));
    });
    handler.handleData(frames(1, 2));
    expect(seen).toEqual([1, 2, 3]);
    socket.destroy();
  });

  it('that is removed between two messages leaves the second for the next one', async () => {
    const { handler, socket } = connect();
    const first = new Promise((resolve) => handler.once('message', resolve));
    handler.handleData(frames(1, 2));
    expect(await first).toBe(1);
    expect(await new Promise((resolve) => handler.once('message', resolve))).toBe(2);
    socket.destroy();
  });
});
