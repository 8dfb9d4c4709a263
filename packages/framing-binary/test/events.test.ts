import { socketPair } from '@verb-tcp/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BinaryProtocolHandler, type BinaryMessage } from '../src/index.js';
import { closed, collect, connect, data, decodeAll, frame, plain, record, recordEnd, settled, texts } from './peers.js';

const warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', onWarning);
});
afterEach(() => {
  process.off('warning', onWarning);
});

const ALL = Buffer.concat([frame(1), frame(2, 'pong'), frame(0x10, 'd', 5), frame(0x20, 'f'), frame(0x99, 'u'), frame(0)]);

it('every message has `message` and the event of its type, each with the whole message', async () => {
  const { handler, socket, peer } = connect();
  const seen: [string, number, string][] = [];
  for (const event of ['message', 'heartbeat', 'pong', 'data', 'fileTransfer', 'unknown'] as const) {
    handler.on(event, ({ type, payload }) => seen.push([event, type, payload.toString()]));
  }
  handler.on('data', (message) => expect(plain([message])).toEqual([{ type: 0x10, flags: 5, length: 1, text: 'd' }]));
  peer.write(ALL);
  await settled();
  expect(seen).toEqual([
    ['message', 1, ''],
    ['heartbeat', 1, ''],
    ['message', 2, 'pong'],
    ['pong', 2, 'pong'],
    ['message', 0x10, 'd'],
    ['data', 0x10, 'd'],
    ['message', 0x20, 'f'],
    ['fileTransfer', 0x20, 'f'],
    ['message', 0x99, 'u'],
    ['unknown', 0x99, 'u'],
    ['message', 0, ''],
    ['unknown', 0, ''],
  ]);
  socket.destroy();
});

describe('a subclass', () => {
  it('that overrides the methods of types gets payloads, and everything flows', async () => {
    const seen: string[] = [];
    class Files extends BinaryProtocolHandler {
      override processDataMessage(payload: Buffer): void {
        seen.push(`data ${payload.toString()}`);
      }
      override handleFileTransfer(payload: Buffer): void {
        seen.push(`file ${payload.toString()}`);
      }
    }
    const [peer, socket] = socketPair();
    const handler = new Files(socket);
    const chunks = collect(peer);
    peer.write(Buffer.concat([ALL, data(...Array.from({ length: 100 }, () => 'x'))]));
    await settled();
    expect(seen.slice(0, 2)).toEqual(['data d', 'file f']);
    expect(seen).toHaveLength(102);
    expect(handler.listenerCount('data')).toBe(0);
    expect(texts(decodeAll(...chunks))).toEqual(['pong']);
    socket.destroy();
  });

  it('that overrides handleBinaryMessage gets every message, and passes on what it will', async () => {
    const types: number[] = [];
    class Filter extends BinaryProtocolHandler {
      override handleBinaryMessage(message: BinaryMessage): void {
        types.push(message.type);
        if (message.type !== 1) void super.handleBinaryMessage(message);
      }
    }
    const [peer, socket] = socketPair();
    const recorded = record(new Filter(socket));
    const chunks = collect(peer);
    peer.write(ALL);
    await settled();
    expect(types).toEqual([1, 2, 0x10, 0x20, 0x99, 0]);
    expect(recorded.events).not.toContain('heartbeat');
    expect(chunks).toEqual([]);
    socket.destroy();
  });

  it.each([
    ['throws', () => { throw new Error('in method'); }],
    ['rejects', () => Promise.reject(new Error('in method'))],
  ] as [string, () => void | Promise<void>][])('whose method %s ends its own connection', async (_, method) => {
    class Failing extends BinaryProtocolHandler {
      override processDataMessage(): void | Promise<void> {
        return method();
      }
    }
    const [peer, socket] = socketPair();
    const handler = new Failing(socket);
    const recorded = recordEnd(handler);
    peer.write(data('1', '2'));
    await closed(handler, recorded);
    expect(recorded.errors).toEqual([new Error('in method')]);
    expect(recorded.events).toEqual(['error', 'close']);
    expect(warnings).toEqual([]);
  });
});

describe('what a listener throws', () => {
  it.each(['message', 'heartbeat', 'pong', 'data', 'fileTransfer', 'unknown'] as const)('ends that connection and is its error: %s', async (event) => {
    for (const isAsync of [false, true]) {
      const { handler, socket, peer } = connect();
      const recorded = recordEnd(handler);
      const reasons: Error[] = [];
      socket.on('error', (error) => reasons.push(error));
      handler.on(event, (): unknown => {
        if (isAsync) return Promise.reject(new Error('listener'));
        throw new Error('listener');
      });
      peer.write(ALL);
      await closed(handler, recorded);
      expect(recorded.events).toEqual(['error', 'close']);
      expect(recorded.errors).toEqual([new Error('listener')]);
      expect(reasons).toEqual(recorded.errors);
    }
    expect(warnings).toEqual([]);
  });

  it('stops what came behind it, and what was sent before it leaves', async () => {
    const { handler, peer } = connect();
    const chunks = collect(peer);
    handler.on('data', ({ payload }) => {
      handler.sendBinaryMessage(0x10, payload);
      if (payload.toString() === '2') throw new Error('two');
    });
    peer.write(data('1', '2', '3'));
    await settled();
    expect(texts(decodeAll(...chunks))).toEqual(['1', '2']);
  });

  it('ends the connection for drain; for error and close it is a warning', async () => {
    const { handler, socket, peer } = connect();
    handler.on('drain', () => {
      throw new Error('in drain');
    });
    handler.on('error', () => {
      throw new Error('in error');
    });
    handler.on('close', () => {
      throw new Error('in close');
    });
    const closing = new Promise((resolve) => socket.once('close', resolve));
    while (!socket.writableNeedDrain) handler.sendBinaryMessage(0x10, Buffer.alloc(10_000));
    peer.resume();
    await closing;
    await settled();
    expect(warnings).toEqual([new Error('in error'), new Error('in close')]);
  });
});

describe('a listener', () => {
  it('of message that destroys the socket gets nothing more, nor do others', async () => {
    const { handler, socket, peer } = connect();
    const recorded = recordEnd(handler);
    let seen = 0;
    handler.on('message', () => {
      seen++;
      socket.destroy();
    });
    handler.on('data', () => expect.unreachable('data behind a destroy'));
    peer.write(Buffer.concat([data('1', '2'), Buffer.alloc(100, 0xff)]));
    await closed(handler, recorded);
    expect(seen).toBe(1);
    expect(recorded.events).toEqual(['close']);
  });

  it('that gives bytes to handleBinaryData gets their messages behind those that came before', () => {
    const { handler, socket } = connect();
    const seen: string[] = [];
    handler.on('data', ({ payload }) => {
      seen.push(payload.toString());
      if (seen.length === 1) handler.handleBinaryData(data('3'));
    });
    handler.handleBinaryData(data('1', '2'));
    expect(seen).toEqual(['1', '2', '3']);
    socket.destroy();
  });
});
