// Scripts: what they play, what they notice, and that they always end.
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { script, type ScriptedSocket } from '../src/index.js';

afterEach(() => {
  vi.useRealTimers();
});

/** The code under test of most cases: answers every chunk. */
function answer(socket: ScriptedSocket, reply = 'pong'): void {
  socket.on('error', () => {}).on('data', () => socket.write(reply));
}

test('a script that is followed is done', async () => {
  await using socket = script().read('ping').expectWrite('pong').read('ping').expectWrite('pong').fin().expectEnd().build();
  answer(socket);
  await socket.done();
  await once(socket, 'close');
  expect([socket.bytesRead, socket.bytesWritten]).toEqual([8, 8]);
});

test('what a step expects may come in several writes, and one write may serve several steps', async () => {
  await using parts = script().expectWrite('one two').build();
  parts.write('one');
  parts.write(' two');
  await parts.done();
  await using whole = script().expectWrite('one').expectWrite(Buffer.from(' two')).build();
  whole.write('one two');
  await expect(whole.done()).resolves.toBeUndefined();
});

test('a write that differs fails at once, with a transcript, and destroys the socket', async () => {
  const socket = script().read('ping').expectWrite('pong').fin().build();
  answer(socket, 'pang');
  const transcript = 'written: "pang"\n  done  read "ping"\n  here  expectWrite "pong"\n        fin';
  await expect(socket.done()).rejects.toMatchObject({ code: 'ERR_TESTING_SCRIPT_FAILED', message: transcript });
  expect(socket.destroyed).toBe(true);
  await expect(socket[Symbol.asyncDispose]()).rejects.toThrow('written: "pang"');
});

test('a difference is seen before all bytes have come', async () => {
  const socket = script().expectWrite(Buffer.alloc(1000, 'a')).build();
  socket.write('ab');
  await expect(socket.done()).rejects.toThrow(/^written: "ab"\n {2}here {2}expectWrite "a{60}" and 940 bytes more$/);
});

test('an end in place of a write fails, and so does a write in place of an end', async () => {
  const ended = script().expectWrite('pong').build();
  ended.end('po');
  await expect(ended.done()).rejects.toThrow('ended after 2 of 4 bytes');
  const written = script().expectEnd().build();
  written.end('more');
  await expect(written.done()).rejects.toThrow('written instead of the end: "more"');
});

test('steps that are left fail when the socket is disposed of', async () => {
  const socket = script().read('ping').expectWrite('pong').expectEnd().build();
  await expect(socket[Symbol.asyncDispose]()).rejects.toThrow('2 steps left');
  expect(socket.destroyed).toBe(true);
});

test('bytes that no step expected fail when the socket is disposed of', async () => {
  const socket = script().read('ping').expectWrite('pong').build();
  answer(socket, 'pong, and more');
  await socket.done();
  await expect(socket[Symbol.asyncDispose]()).rejects.toThrow('written and not expected: ", and more"');
});

test('wait follows a fake clock', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await using socket = script().wait(60_000).read('late').build();
  const seen: string[] = [];
  socket.on('data', (bytes: Buffer) => seen.push(bytes.toString()));
  vi.advanceTimersByTime(59_999);
  await new Promise(setImmediate);
  expect(seen).toEqual([]);
  vi.advanceTimersByTime(1);
  await socket.done();
  await once(socket, 'data');
  expect(seen).toEqual(['late']);
});

test('a script ends by its own deadline, although the fake clock stands still', async () => {
  vi.useFakeTimers();
  const socket = script().wait(60_000).read('never').build({ timeout: 20 });
  await expect(socket.done()).rejects.toThrow('not over after 20 ms\n  done  wait 60000 ms\n  here  read "never"');
  expect(vi.getTimerCount()).toBe(0);
});

test('a reset comes behind what was to be read', async () => {
  await using socket = script().read('last words').reset().build();
  const seen: string[] = [];
  socket.on('data', (bytes: Buffer) => seen.push(bytes.toString()));
  const [error] = await once(socket, 'error');
  expect([seen, error.code]).toEqual([['last words'], 'ECONNRESET']);
  await socket.done();
});

test('after fin the code may go on writing where half-open is allowed', async () => {
  await using socket = script().fin().expectWrite('still here').expectEnd().build({ allowHalfOpen: true });
  socket.resume().on('end', () => socket.end('still here'));
  await expect(socket.done()).resolves.toBeUndefined();
});

test('code that writes ahead of the script has to wait, and loses nothing', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const MANY_BYTES = 1024 * 1024;
  const socket = script().wait(1000).expectWrite(Buffer.alloc(MANY_BYTES, 'x')).expectEnd().build();
  let written = 0;
  for (let write = 0; write < 64; write++) socket.write(Buffer.alloc(MANY_BYTES / 64, 'x'), () => (written += MANY_BYTES / 64));
  socket.end();
  for (let turn = 0; turn < 100 && written < MANY_BYTES; turn++) await new Promise(setImmediate);
  // What the script may hold ahead, and what is under way and unread in a pair.
  expect(socket.writableLength).toBeGreaterThan(MANY_BYTES / 2);
  expect(written).toBeLessThanOrEqual(5 * 64 * 1024);
  vi.advanceTimersByTime(1000);
  await socket.done();
  expect(written).toBe(MANY_BYTES);
  await socket[Symbol.asyncDispose]();
});

test('a builder builds any number of sockets', async () => {
  const builder = script().read('ping').expectWrite('pong');
  for (let built = 0; built < 3; built++) {
    await using socket = builder.build();
    answer(socket);
    await socket.done();
  }
  expect(() => builder.build({ timeout: 0 })).toThrow(RangeError);
  expect(() => builder.wait(-1)).toThrow('milliseconds must be an integer from 0 to 2147483647, got -1');
});
