import { describe, expect, it } from 'vitest';
import { closed, collect, connect, decodeAll, frame, record, settled } from './peers.js';

function cycle(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

const values: [string, () => unknown][] = [
  ['undefined', () => undefined],
  ['a function', () => () => {}],
  ['a symbol', () => Symbol('x')],
  ['a BigInt', () => ({ big: 1n })],
  ['a cycle', cycle],
  ['nesting that is too deep', () => JSON.parse('['.repeat(20_000) + ']'.repeat(20_000)) as unknown],
  ['a toJSON that gives nothing', () => ({ toJSON: () => undefined })],
  [
    'a toJSON that throws',
    () => ({
      toJSON: () => {
        throw new Error('no');
      },
    }),
  ],
];

describe('what JSON cannot carry', () => {
  it.each(values)('%s throws from sendMessage, rejects from send, and the connection is as it was', async (_, make) => {
    const { handler, socket, peer } = connect();
    const chunks = collect(peer);
    const { events } = record(handler);
    handler.sendMessage('before');
    const refusal = expect.objectContaining({ name: 'FrameError', code: 'ERR_FRAME_NOT_SERIALIZABLE' }) as Error;
    expect(() => handler.sendMessage(make())).toThrow(refusal);
    await expect(handler.send(make())).rejects.toEqual(refusal);
    handler.sendMessage('behind');
    await settled();
    expect(decodeAll(...chunks)).toEqual(['before', 'behind']);
    expect(events).toEqual([]);
    socket.destroy();
  });
});

it('a peer whose message is too deep to be sent back ends its own connection and no other', async () => {
  const { handler, peer } = connect();
  const other = connect();
  const recorded = record(handler);
  handler.on('message', (message) => handler.sendMessage({ echo: message }));
  other.handler.on('message', (message) => other.handler.sendMessage({ echo: message }));
  const chunks = collect(other.peer);
  peer.write(frame('['.repeat(20_000) + ']'.repeat(20_000)));
  await closed(handler, recorded);
  expect(recorded.events).toEqual(['message', 'error', 'close']);
  expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_NOT_SERIALIZABLE' })]);
  other.peer.write(frame('1'));
  await settled();
  expect(decodeAll(...chunks)).toEqual([{ echo: 1 }]);
  other.socket.destroy();
});

it('keys that would reach into prototypes come as plain keys', async () => {
  const { handler, socket, peer } = connect();
  const { messages } = record(handler);
  peer.write(frame('{"__proto__":{"polluted":true},"constructor":1}'));
  await settled();
  expect(Object.keys(messages[0] as object)).toEqual(['__proto__', 'constructor']);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  socket.destroy();
});
