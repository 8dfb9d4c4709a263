import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { MessageHandler, type MessageHandlerOptions } from '../src/index.js';

function construct(options: unknown): () => MessageHandler {
  const [, socket] = socketPair();
  return () => new MessageHandler(socket, options as MessageHandlerOptions);
}

describe('an option that is wrong throws at construction and says what is right', () => {
  it.each([
    [{ maxMessageBytes: 0 }, 'maxMessageBytes must be an integer from 1 to 2147483647, got 0'],
    [{ maxMessageBytes: 2 ** 31 }, 'maxMessageBytes must be an integer from 1 to 2147483647, got 2147483648'],
    [{ maxMessageBytes: 1.5 }, 'maxMessageBytes must be an integer from 1 to 2147483647, got 1.5'],
    [{ maxMessageBytes: NaN }, 'maxMessageBytes must be an integer from 1 to 2147483647, got NaN'],
    [{ maxMessageBytes: '5' }, 'maxMessageBytes must be an integer from 1 to 2147483647, got 5'],
    [{ messageTimeout: -1 }, 'messageTimeout must be a number from 1 to 2147483647, 0 or Infinity, got -1'],
    [{ messageTimeout: NaN }, 'messageTimeout must be a number from 1 to 2147483647, 0 or Infinity, got NaN'],
    [{ messageTimeout: 2 ** 31 }, 'messageTimeout must be a number from 1 to 2147483647, 0 or Infinity, got 2147483648'],
    [{ onInvalid: 'ignore' }, "onInvalid must be 'close' or 'skip', got ignore"],
    [{ schema: {} }, 'schema must be a Standard Schema v1 validator, got object'],
    [{ schema: null }, 'schema must be a Standard Schema v1 validator, got null'],
    [{ sendSchema: () => true }, 'sendSchema must be a Standard Schema v1 validator, got function'],
  ])('%j', (options, message) => {
    expect(construct(options)).toThrow(new RangeError(message));
  });
});

it.each([
  {},
  { maxMessageBytes: 1 },
  { maxMessageBytes: 2 ** 31 - 1 },
  { maxMessageBytes: undefined, messageTimeout: undefined, onInvalid: undefined, schema: undefined, sendSchema: undefined },
  { messageTimeout: 0 },
  { messageTimeout: Infinity },
  { messageTimeout: 1 },
  { onInvalid: 'skip' },
])('%j is fine, and is left as it was', (options) => {
  const before = { ...options };
  expect(construct(Object.freeze(options))()).toBeInstanceOf(MessageHandler);
  expect(options).toEqual(before);
});
