import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { BinaryProtocolHandler, createDecoder, type BinaryProtocolOptions } from '../src/index.js';

function construct(options: unknown): () => BinaryProtocolHandler {
  const [, socket] = socketPair();
  return () => new BinaryProtocolHandler(socket, options as BinaryProtocolOptions);
}

const DECODER_MISTAKES: [object, string][] = [
  [{ maxPayloadBytes: 0 }, 'maxPayloadBytes must be an integer from 1 to 4294967295, got 0'],
  [{ maxPayloadBytes: 2 ** 32 }, 'maxPayloadBytes must be an integer from 1 to 4294967295, got 4294967296'],
  [{ maxPayloadBytes: 1.5 }, 'maxPayloadBytes must be an integer from 1 to 4294967295, got 1.5'],
  [{ maxPayloadBytes: Infinity }, 'maxPayloadBytes must be an integer from 1 to 4294967295, got Infinity'],
  [{ maxPayloadBytes: '5' }, 'maxPayloadBytes must be an integer from 1 to 4294967295, got 5'],
  [{ copyBelowBytes: -1 }, 'copyBelowBytes must be an integer from 0 to 4294967295, got -1'],
  [{ knownTypes: 5 }, 'knownTypes must be an array of integers from 0 to 65535, got 5'],
  [{ knownTypes: [1, 65_536] }, 'knownTypes must be an integer from 0 to 65535, got 65536'],
  [{ knownFlags: 65_536 }, 'knownFlags must be an integer from 0 to 65535, got 65536'],
];

describe('an option that is wrong throws at construction and says what is right', () => {
  it.each([
    ...DECODER_MISTAKES,
    [{ messageTimeout: -1 }, 'messageTimeout must be a number from 1 to 2147483647, 0 or Infinity, got -1'],
    [{ messageTimeout: 2 ** 31 }, 'messageTimeout must be a number from 1 to 2147483647, 0 or Infinity, got 2147483648'],
    [{ heartbeatInterval: 0.5 }, 'heartbeatInterval must be a number from 1 to 2147483647, 0 or Infinity, got 0.5'],
    [{ heartbeatInterval: NaN }, 'heartbeatInterval must be a number from 1 to 2147483647, 0 or Infinity, got NaN'],
    [{ heartbeatTimeout: '9' }, 'heartbeatTimeout must be a number from 1 to 2147483647, 0 or Infinity, got 9'],
    [{ heartbeatInterval: 1000, heartbeatTimeout: 1000 }, 'heartbeatTimeout must be over heartbeatInterval (1000), got 1000'],
  ] as [object, string][])('%j', (options, message) => {
    expect(construct(options)).toThrow(new RangeError(message));
  });

  it.each(DECODER_MISTAKES)('%j, of createDecoder too', (options, message) => {
    expect(() => createDecoder(options)).toThrow(new RangeError(message));
  });
});

it.each([
  {},
  { maxPayloadBytes: 1, copyBelowBytes: 0, knownTypes: [], knownFlags: 0 },
  { maxPayloadBytes: 2 ** 32 - 1, copyBelowBytes: 2 ** 32 - 1, knownFlags: 0xffff },
  { maxPayloadBytes: undefined, copyBelowBytes: undefined, knownTypes: undefined, knownFlags: undefined },
  { messageTimeout: undefined, heartbeatInterval: undefined, heartbeatTimeout: undefined },
  { messageTimeout: 0, heartbeatInterval: 0, heartbeatTimeout: 0 },
  { messageTimeout: Infinity, heartbeatInterval: Infinity, heartbeatTimeout: Infinity },
  { heartbeatInterval: 1000, heartbeatTimeout: Infinity },
  { heartbeatInterval: 2 ** 31 - 1 },
])('%j is fine, and is left as it was', (options) => {
  const before = { ...options };
  const handler = construct(Object.freeze(options))();
  expect(handler).toBeInstanceOf(BinaryProtocolHandler);
  expect(options).toEqual(before);
  handler.detach();
});
