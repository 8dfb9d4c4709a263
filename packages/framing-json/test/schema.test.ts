import { describe, expect, expectTypeOf, it } from 'vitest';
import type { TCPSocket } from '@verb-tcp/socket';
import { socketPair } from '@verb-tcp/testing';
import { MessageHandler, type FrameError, type SchemaResult } from '../src/index.js';
import { closed, collect, connect, decodeAll, frame, frames, record, settled, until } from './peers.js';
import { lengthOfText, point, slowPoint, standard, type Point } from './schemas.js';

const refusal = { code: 'ERR_FRAME_SCHEMA', issues: [{ message: 'Expected number', path: ['x'] }] };

describe('schema', () => {
  it('gives what the validator makes of each message', () => {
    const { handler, socket } = connect({ schema: point });
    const { messages } = record(handler);
    handler.handleData(frames({ x: 1, more: true }, { x: 2 }));
    expect(messages).toEqual([{ x: 1 }, { x: 2 }]);
    socket.destroy();
  });

  it('ends the connection with the issues of a message that it refuses', async () => {
    const { handler } = connect({ schema: point });
    const recorded = record(handler);
    handler.handleData(frames({ x: 1 }, { x: 'one' }, { x: 2 }));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['message', 'error', 'close']);
    expect(recorded.errors).toEqual([expect.objectContaining(refusal)]);
    expect(recorded.errors[0]?.message).toContain('x: Expected number');
  });

  it.each(['sync', 'async'])('skips what it refuses where that is asked for, %s', async (kind) => {
    const { handler, socket } = connect({ schema: kind === 'sync' ? point : slowPoint, onInvalid: 'skip' });
    const { messages, errors } = record(handler);
    handler.handleData(Buffer.concat([frames({ x: 1 }, {}), frame('{'), frames({ x: 2 })]));
    await until(() => messages.length === 2);
    expect(messages).toEqual([{ x: 1 }, { x: 2 }]);
    expect(errors.map((error) => (error as FrameError).code)).toEqual(['ERR_FRAME_SCHEMA', 'ERR_FRAME_INVALID_JSON']);
    socket.destroy();
  });

  it.each(['throws', 'rejects'])('that %s is the same as one that refuses', async (way) => {
    const broken = standard<unknown, unknown>(() => {
      if (way === 'throws') throw new TypeError('broken');
      return Promise.reject(new TypeError('broken'));
    });
    const { handler } = connect({ schema: broken });
    const recorded = record(handler);
    handler.handleData(frames(1));
    await closed(handler, recorded);
    expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_SCHEMA', cause: new TypeError('broken') })]);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 5],
    ['issues that are no list', { issues: 'no' }],
    ['an issue that is null', { issues: [null] }],
    ['a path with a hole', { issues: [{ message: 'no', path: [null] }] }],
  ])('that gives %s, which is no result, is the same as one that throws', async (_, result) => {
    for (const way of ['now', 'later']) {
      const answer = result as SchemaResult<unknown>;
      const { handler } = connect({ schema: standard(() => (way === 'now' ? answer : Promise.resolve(answer))) });
      const recorded = record(handler);
      handler.handleData(frames(1));
      await closed(handler, recorded);
      expect(recorded.events).toEqual(['error', 'close']);
      expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_SCHEMA', cause: expect.any(TypeError) })]);
    }
  });

  it('that takes its time keeps the order, and the socket waits meanwhile', async () => {
    const { handler, socket, peer } = connect({ schema: slowPoint });
    const { messages } = record(handler);
    const sent = [9, 1, 5, 0, 3].map((x) => ({ x }));
    peer.write(frames(...sent));
    await until(() => socket.isPaused());
    expect(messages).toEqual([]);
    await until(() => messages.length === sent.length);
    expect(messages).toEqual(sent);
    await settled();
    expect(socket.isPaused()).toBe(false);
    socket.destroy();
  });

  it('that takes its time is asked one message at a time', async () => {
    let running = 0;
    let most = 0;
    const counting = standard<unknown, unknown>(async (value) => {
      most = Math.max(most, ++running);
      await settled();
      running--;
      return { value };
    });
    const { handler, socket } = connect({ schema: counting });
    const { messages } = record(handler);
    handler.handleData(frames(1, 2, 3, 4));
    await until(() => messages.length === 4);
    expect(most).toBe(1);
    socket.destroy();
  });

  it('has its say on what came before a clean end, and close is still the last event', async () => {
    const { handler, peer } = connect({ schema: slowPoint });
    const recorded = record(handler);
    peer.end(frames({ x: 20 }, { x: 1 }, { x: 'no' }));
    await closed(handler, recorded);
    expect(recorded.events).toEqual(['message', 'message', 'error', 'close']);
  });

  it('is not waited for where the connection is destroyed', async () => {
    const { handler, socket } = connect({ schema: slowPoint });
    const recorded = record(handler);
    handler.handleData(frames({ x: 50 }, { x: 1 }));
    socket.destroy();
    await closed(handler, recorded);
    for (let turn = 0; turn < 10; turn++) await settled();
    expect(recorded.events).toEqual(['close']);
  });

  it('gives its answer to an iterator where the listener has left meanwhile', async () => {
    const { handler, socket } = connect({ schema: slowPoint });
    const listener = (): void => {};
    handler.on('message', listener);
    handler.handleData(frames({ x: 3 }, { x: 4 }));
    handler.off('message', listener);
    const taken: unknown[] = [];
    for await (const message of handler) if (taken.push(message) === 2) break;
    expect(taken).toEqual([{ x: 3 }, { x: 4 }]);
    socket.destroy();
  });

  it('keeps the order where the one who wanted a message that waited has left', async () => {
    const { handler, socket } = connect({ schema: slowPoint });
    handler.handleData(frames({ x: 3 }, { x: 1 }, { x: 2 }));
    const listener = (): void => {};
    handler.on('message', listener);
    await until(() => socket.isPaused());
    handler.off('message', listener);
    // The validator answers while nobody wants the message.
    for (let turn = 0; turn < 10; turn++) await settled();
    const taken: unknown[] = [];
    for await (const message of handler) if (taken.push(message) === 3) break;
    expect(taken).toEqual([{ x: 3 }, { x: 1 }, { x: 2 }]);
    socket.destroy();
  });

  it('works for iterators, in order', async () => {
    const { handler, peer } = connect({ schema: slowPoint });
    const sent = Array.from({ length: 200 }, (_, index) => ({ x: (index * 7) % 5 }));
    peer.end(frames(...sent));
    const taken: unknown[] = [];
    for await (const message of handler) taken.push(message);
    expect(taken).toEqual(sent);
  });
});

describe('sendSchema', () => {
  it('sends what the validator makes of the message', async () => {
    const { handler, socket, peer } = connect({ sendSchema: point });
    const chunks = collect(peer);
    expect(handler.sendMessage({ x: 1, secret: true })).toBe(true);
    await handler.send({ x: 2 });
    await settled();
    expect(decodeAll(...chunks)).toEqual([{ x: 1 }, { x: 2 }]);
    socket.destroy();
  });

  it('throws what it refuses, and nothing is written', async () => {
    const { handler, socket, peer } = connect({ sendSchema: point });
    const chunks = collect(peer);
    expect(() => handler.sendMessage({ x: 'one' })).toThrow(expect.objectContaining(refusal));
    await expect(handler.send({})).rejects.toMatchObject(refusal);
    handler.sendMessage({ x: 1 });
    await settled();
    expect(decodeAll(...chunks)).toEqual([{ x: 1 }]);
    socket.destroy();
  });

  it('that takes its time keeps the order; sendMessage gives false, and drain comes', async () => {
    const { handler, socket, peer } = connect({ sendSchema: slowPoint });
    const chunks = collect(peer);
    let drains = 0;
    handler.on('drain', () => drains++);
    const sent = [9, 0, 5, 1].map((x) => ({ x }));
    expect(sent.map((message) => handler.sendMessage(message))).toEqual([false, false, false, false]);
    await handler.send({ x: 2 });
    await settled();
    expect(decodeAll(...chunks)).toEqual([...sent, { x: 2 }]);
    expect(drains).toBe(1);
    socket.destroy();
  });

  it('that takes its time gives no drain before all was sent, though the socket has one', async () => {
    const slow = standard<unknown, unknown>(async (value) => {
      for (let turn = 0; turn < 50; turn++) await settled();
      return { value };
    });
    const { handler, socket, peer } = connect({ sendSchema: slow });
    const events: string[] = [];
    socket.on('drain', () => events.push('socket drain'));
    handler.on('drain', () => events.push('drain'));
    collect(peer);
    handler.sendMessage('x'.repeat(100_000));
    handler.sendMessage('small');
    await until(() => events.includes('drain'));
    expect(events).toEqual(['socket drain', 'drain']);
    socket.destroy();
  });

  it('that takes its time tells of what it refuses by event or rejection, and the rest is sent', async () => {
    const { handler, socket, peer } = connect({ sendSchema: slowPoint });
    const chunks = collect(peer);
    const { errors } = record(handler);
    handler.sendMessage({ x: 'one' });
    const refused = Promise.allSettled([handler.send({ x: 'two' })]);
    await handler.send({ x: 1 });
    expect(await refused).toMatchObject([{ status: 'rejected', reason: refusal }]);
    await settled();
    expect(errors).toEqual([expect.objectContaining(refusal)]);
    expect(decodeAll(...chunks)).toEqual([{ x: 1 }]);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it('that takes its time ends the connection with what it refuses where nobody hears', async () => {
    const { handler, socket } = connect({ sendSchema: slowPoint });
    const ended = new Promise((resolve) => handler.once('close', () => resolve(undefined)));
    const failed = new Promise((resolve) => socket.once('error', resolve));
    handler.sendMessage({ x: 'one' });
    await ended;
    expect(await failed).toMatchObject(refusal);
  });

  it('lets nothing hang when the connection goes first', async () => {
    const { handler, socket } = connect({ sendSchema: slowPoint });
    const { errors } = record(handler);
    const sending = Promise.allSettled([handler.send({ x: 50 }), handler.send({ x: 1 })]);
    socket.destroy();
    for (const result of await sending) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_FRAME_CLOSED' } });
    expect(errors).toEqual([]);
  });
});

it('types of messages come from the schemas', () => {
  const sockets = Array.from({ length: 4 }, () => socketPair()[1]);
  const socket = (): TCPSocket => sockets.pop() as TCPSocket;
  const plain = new MessageHandler(socket());
  expectTypeOf(plain.sendMessage).parameter(0).toBeAny();
  plain.on('message', (message) => expectTypeOf(message).toBeAny());
  const checked = new MessageHandler(socket(), { schema: lengthOfText, sendSchema: lengthOfText });
  expectTypeOf(checked).toEqualTypeOf<MessageHandler<number, string>>();
  checked.on('message', (message) => expectTypeOf(message).toEqualTypeOf<number>());
  expectTypeOf(checked[Symbol.asyncIterator]().next()).resolves.toEqualTypeOf<IteratorResult<number, any>>();
  expectTypeOf(checked.send).parameter(0).toEqualTypeOf<string>();
  const given = new MessageHandler<Point, Point>(socket(), { maxMessageBytes: 10 });
  expectTypeOf(given.sendMessage).parameter(0).toEqualTypeOf<Point>();
  expectTypeOf(new MessageHandler(socket(), { schema: point })).toEqualTypeOf<MessageHandler<Point, any>>();
  expect(sockets).toEqual([]);
});
