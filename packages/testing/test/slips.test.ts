// What a slip of the pen, or a test that fails, is told.
import { expect, test } from 'vitest';
import { impair, script, socketPair, tcpSocketConformance, type Fault } from '../src/index.js';

test.each<[object, string]>([
  [{ type: 'latency', dely: 20 }, 'latency has no dely: it takes delay, jitter, direction, probability'],
  [{ type: 'reset', delay: 20 }, 'reset has no delay: it takes after, direction, probability'],
])('%j is refused', (fault, message) => {
  expect(() => impair(socketPair(), [fault as Fault])).toThrow(new TypeError(message));
});

test('a parameter that is undefined is absent', () => {
  const faults = [{ type: 'reset', after: 1000, other: undefined } as Fault];
  const [socket] = impair(socketPair(), faults);
  expect(socket.faults.size).toBe(1);
  socket.destroy();
});

test('one step that is left is one step', async () => {
  await expect(script().expectEnd().build()[Symbol.asyncDispose]()).rejects.toThrow('1 step left\n');
});

test('the transcript shows what had come of the step in hand', async () => {
  const socket = script().expectWrite('pong\nmore').build({ timeout: 100 });
  socket.write('pong\n');
  await expect(socket.done()).rejects.toThrow(/^not over after 100 ms\n {2}here {2}expectWrite "pong\\nmore", of which came "pong\\n"$/);
});

test('a conformance case that fails says its rule first', async () => {
  const [mark] = tcpSocketConformance(() => socketPair({ highWaterMarkBytes: 1 })).filter(({ name }) => name === 'the mark is 64 KiB');
  await expect(mark?.run()).rejects.toThrow(/^the mark is 64 KiB: /);
});
